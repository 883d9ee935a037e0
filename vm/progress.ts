import ora from 'ora';

/** What long work tells the user; on standard error, so that `--json` output stays clean. */
export interface Progress {
  /** Runs `work` under a title; `note` says where it is now. Stages may overlap and nest. */
  stage<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  /** One line that stays on the screen. */
  say(text: string): void;
}

/** Progress for people: a spinner with all running stages on a terminal, plain lines elsewhere. */
export function terminalProgress(): Progress {
  const running = new Map<symbol, { title: string; note: string; startedMs: number }>();
  // A serial console may say that it has no columns; ora would for ever clear the lines that a text takes there.
  const tty = process.stderr.isTTY && process.stderr.columns > 0;
  const spinner = tty ? ora({ stream: process.stderr, discardStdin: false }) : undefined;
  const seconds = (startedMs: number) => `${Math.round((Date.now() - startedMs) / 1000)} s`;
  let timer: NodeJS.Timeout | undefined;

  const refresh = () => {
    if (!spinner) return;
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
      spinner.stop();
      return;
    }
    spinner.text = [...running.values()]
      .map((stage) => `${stage.title}${stage.note && `: ${stage.note}`} (${seconds(stage.startedMs)})`)
      .join('\n  ');
    if (!spinner.isSpinning) spinner.start();
    timer ??= setInterval(refresh, 500).unref();
  };
  const line = (text: string) => {
    spinner?.stop();
    process.stderr.write(`${text}\n`);
    refresh();
  };

  return {
    say: line,
    async stage(title, work) {
      const id = Symbol(title);
      const stage = { title, note: '', startedMs: Date.now() };
      running.set(id, stage);
      if (tty) refresh();
      else line(`... ${title}`);
      let outcome = 'failed';
      try {
        const result = await work((text) => {
          stage.note = text;
          refresh();
        });
        outcome = 'ok';
        return result;
      } finally {
        running.delete(id);
        line(
          `${outcome === 'ok' ? 'ok ' : '-- '} ${title}${outcome === 'ok' ? '' : ' failed'} (${seconds(stage.startedMs)})`,
        );
      }
    },
  };
}

/** Progress for tests: silent. */
export const silentProgress: Progress = {
  say: () => {},
  stage: async (_title, work) => work(() => {}),
};
