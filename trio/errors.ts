/**
 * The one error class for everything that a user, a file or the world got wrong.
 * Commands print its message (never a stack) and exit with `exitCode`; any other error is a bug of ours.
 */
export class TrioError extends Error {
  /** Stable, upper-case name of the reason, e.g. `UNKNOWN_WORKLOAD`. */
  readonly code: string;
  /** 2: the command line was wrong; 1: the work failed. */
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TrioError';
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A mistake in what the user asked for (exit code 2). */
export function usageError(code: string, message: string): TrioError {
  return new TrioError(code, message, { exitCode: 2 });
}
