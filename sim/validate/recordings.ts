import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../trio/errors.ts';

/** What was recorded of one workload on one guest. */
export interface Recording {
  readonly guest: string;
  readonly workload: string;
  readonly folder: string;
}

/** The names that are wanted; undefined: all. */
export interface Wanted {
  readonly guest?: string | undefined;
  readonly workload?: string | undefined;
}

/**
 * The workloads below a folder that is laid out as golden/ is, of which a start was traced; in the order of their
 * names.
 *
 * @throws TrioError `NO_RECORDINGS`, `UNKNOWN_GUEST`, `UNKNOWN_WORKLOAD`
 */
export async function findRecordings(golden: string, wanted: Wanted = {}): Promise<Recording[]> {
  const all: Recording[] = [];
  for (const guest of await foldersIn(golden))
    for (const workload of await foldersIn(join(golden, guest))) {
      const folder = join(golden, guest, workload);
      if (await isFile(join(folder, 'touch.trace.zst'))) all.push({ guest, workload, folder });
    }
  if (all.length === 0)
    throw usageError('NO_RECORDINGS', `${golden} has no <guest>/<workload>/touch.trace.zst`);
  const ofGuest = named('guest', wanted.guest, all);
  return named('workload', wanted.workload, ofGuest);
}

function named(what: 'guest' | 'workload', name: string | undefined, all: readonly Recording[]): Recording[] {
  const found = all.filter((recording) => name === undefined || recording[what] === name);
  if (found.length > 0) return found;
  const known = [...new Set(all.map((recording) => recording[what]))];
  throw usageError(
    `UNKNOWN_${what.toUpperCase()}`,
    `no recorded ${what} "${name}". Known: ${known.join(', ')}`,
  );
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const { message } = error as Error;
    throw usageError('NO_RECORDINGS', `${folder} is no folder that can be read: ${message}`);
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
