import { rmSync } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../errors.ts';

/** A file that has no name yet. */
export interface Draft {
  readonly file: FileHandle;
  /** Gives the file its name, once its bytes are on the disk. */
  publish(name: string): Promise<void>;
}

/**
 * Lets `work` write files into a folder (made if need be). Nobody ever sees a file half written under its name, and
 * what was not published is gone afterwards, also after Ctrl-C.
 *
 * @throws TrioError `CANNOT_WRITE`
 */
export async function withDrafts<T>(
  folder: string,
  work: (create: () => Promise<Draft>) => Promise<T>,
): Promise<T> {
  const drafts = new Map<string, FileHandle>();
  const removeAll = () => [...drafts.keys()].forEach((path) => rmSync(path, { force: true }));
  const interrupted = (signal: NodeJS.Signals) => {
    removeAll();
    process.off(signal, interrupted);
    process.kill(process.pid, signal); // now ends us, and says why
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, interrupted);
  try {
    await mkdir(folder, { recursive: true });
    return await work(async () => {
      const path = join(folder, `.partial-${process.pid}-${drafts.size}`);
      await rm(path, { force: true });
      const file = await open(path, 'wx+');
      drafts.set(path, file);
      return {
        file,
        publish: async (name) => {
          await file.sync();
          await rename(path, join(folder, name));
          await syncFolder(folder);
        },
      };
    });
  } catch (error) {
    throw isSystemError(error)
      ? new TrioError('CANNOT_WRITE', `cannot write to ${folder}: ${error.message}`, { cause: error })
      : error;
  } finally {
    for (const file of drafts.values()) await file.close();
    removeAll();
    for (const signal of signals) process.off(signal, interrupted);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
