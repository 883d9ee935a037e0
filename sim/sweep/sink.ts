import { open, rm } from 'node:fs/promises';
import { TrioError, usageError } from '../../trio/errors.ts';
import { keptOf, type Kept } from './resume.ts';
import type { Sweep } from './sweep.ts';

/** Where the rows of a sweep go, behind those that are there. */
export interface Sink {
  readonly kept: Kept;
  write(text: string): Promise<void>;
  /** The sweep cannot be made: leaves what was there before. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Begins a sweep's file, or goes on with it.
 *
 * @param file  undefined: standard output
 * @throws TrioError `FILE_EXISTS`, `CANNOT_WRITE`, and those of `keptOf`
 */
export async function openSink(file: string | undefined, sweep: Sweep, resume: boolean): Promise<Sink> {
  const kept = file !== undefined && resume ? await keptOf(file, sweep) : { points: 0, bytes: 0 };
  const sink = file === undefined ? standardOutput(kept) : await appending(file, kept, resume);
  if (kept.bytes === 0) await sink.write(sweep.head);
  return sink;
}

async function appending(file: string, kept: Kept, resume: boolean): Promise<Sink> {
  const handle = await open(file, resume ? 'a' : 'ax').catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw usageError('FILE_EXISTS', `${file} exists; --resume goes on with it`);
    throw new TrioError('CANNOT_WRITE', `${file} cannot be written: ${message}`, { cause });
  });
  await handle.truncate(kept.bytes);
  return {
    kept,
    write: (text) => handle.appendFile(text),
    discard: () => (kept.bytes === 0 ? rm(file) : handle.truncate(kept.bytes)),
    close: () => handle.close(),
  };
}

function standardOutput(kept: Kept): Sink {
  return {
    kept,
    // Waits until it is taken: a slow reader slows the sweep, and nothing piles up.
    write: (text) => new Promise((resolve) => void process.stdout.write(text, () => resolve())),
    async discard() {},
    async close() {},
  };
}
