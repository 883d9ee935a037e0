import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../errors.ts';

/** A file that has no name yet. */
export interface Draft {
  readonly file: FileHandle;
  /** Resolves once its bytes are on the disk. */
  settle(): Promise<void>;
  /** Gives the settled file its name. Synchronous, so that no signal comes between the names of files that belong together. */
  publish(name: string): void;
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
  const paths: string[] = [];
  const files: FileHandle[] = [];
  const removeAll = () => paths.forEach((path) => rmSync(path, { force: true }));
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
      const path = join(folder, `.partial-${process.pid}-${paths.length}`);
      rmSync(path, { force: true });
      // Made at once: a signal must not find one that is about to be there.
      writeFileSync(path, '', { flag: 'wx' });
      paths.push(path);
      const file = await open(path, 'r+');
      files.push(file);
      return {
        file,
        settle: () => file.sync(),
        publish: (name) => {
          renameSync(path, join(folder, name));
          syncFolder(folder);
        },
      };
    });
  } catch (error) {
    throw isSystemError(error)
      ? new TrioError('CANNOT_WRITE', `cannot write to ${folder}: ${error.message}`, { cause: error })
      : error;
  } finally {
    for (const file of files) await file.close();
    removeAll();
    for (const signal of signals) process.off(signal, interrupted);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
