import ora from 'ora';

const quietMs = 2000;

/**
 * Runs `work`, which notes how far it is. Who waits for more than two seconds sees that, on standard error: the
 * output stays clean.
 */
export async function withProgress<T>(work: (note: (text: string) => void) => Promise<T>): Promise<T> {
  let now = 'working';
  const spinner = ora({ stream: process.stderr, discardStdin: false });
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
