import ora, { type Ora } from 'ora';

/**
 * Says on standard error how far long reading is: nothing in the first two seconds, then a spinner on a terminal and a
 * line every ten seconds elsewhere.
 */
export class ReadProgress {
  #readBytes = 0;
  #spinner: Ora | undefined;
  readonly #startedMs = Date.now();
  #nextMs = this.#startedMs + quietMs;

  /** To be called for what was read since the last time. */
  add(bytes: number): void {
    this.#readBytes += bytes;
    const nowMs = Date.now();
    if (nowMs < this.#nextMs) return;
    const text = `read ${Math.round(this.#readBytes / 1e6)} MB in ${Math.round((nowMs - this.#startedMs) / 1000)} s`;
    // See progress.ts: ora hangs on a terminal without columns.
    if (process.stderr.isTTY && process.stderr.columns > 0) {
      this.#spinner ??= ora({ stream: process.stderr, discardStdin: false }).start();
      this.#spinner.text = text;
      this.#nextMs = nowMs + 200;
    } else {
      process.stderr.write(`... ${text}\n`);
      this.#nextMs = nowMs + 10_000;
    }
  }

  /** Leaves nothing of the spinner. */
  end(): void {
    this.#spinner?.stop();
  }
}

const quietMs = 2000;
