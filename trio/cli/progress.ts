import ora from 'ora';

const quietMs = 2000;

/**
 * Runs `work`, which notes how far it is. Who waits for more than two seconds sees that, on standard error: the
 * output stays clean.
 */
export async function withProgress<T>(work: (note: (text: string) => void) => Promise<T>): Promise<T> {
  let now = 'working';
  const stream = process.stderr;
  // A serial console may say that it has no columns; ora would for ever clear the lines that such a text takes.
  const spinner = ora({ stream, discardStdin: false, ...(stream.columns === 0 && { isEnabled: false }) });
  const timer = setTimeout(() => spinner.start(now), quietMs);
  try {
    return await work((text) => {
      now = text;
      if (spinner.isSpinning) spinner.text = text;
    });
  } finally {
    clearTimeout(timer);
    spinner.stop();
  }
}
