/** What has to be undone when the user stops us; the newest first. */
const undo = new Set<() => unknown>();
let armed = false;
let unwinding = false;

/**
 * Registers clean-up for Ctrl-C, SIGTERM and SIGHUP. Returns a function that forgets it again.
 * The process then exits with 128 + the signal's number, as a shell expects.
 */
export function onInterrupt(cleanUp: () => unknown): () => void {
  if (!armed) {
    armed = true;
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
      ['SIGHUP', 1],
    ] as const) {
      // It stays: to be the only one left is a sign for execa's own handler, which ends the process at once.
      process.on(signal, () => void unwind(signal, 128 + number));
    }
  }
  undo.add(cleanUp);
  return () => void undo.delete(cleanUp);
}

/**
 * Never returns while clean-up after a signal is under way (it ends the process), else at once. Work that is stopped
 * by the clean-up fails; its errors are no news then.
 */
export async function afterInterrupt(): Promise<void> {
  if (unwinding) await new Promise(() => {});
}

async function unwind(signal: string, exitCode: number): Promise<void> {
  if (unwinding) return;
  unwinding = true;
  process.stderr.write(`\n${signal}: cleaning up\n`);
  for (const cleanUp of [...undo].reverse()) {
    try {
      await cleanUp();
    } catch (error) {
      process.stderr.write(`clean-up: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  process.exit(exitCode);
}
