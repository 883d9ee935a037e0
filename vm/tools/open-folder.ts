import { chmod, mkdtemp, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';

/**
 * Makes a new folder that every user can get to, in the first of `parents` that allows it.
 *
 * Debian roots are built in such a one: apt fetches as a user of its own. If that user cannot get there (`TMPDIR` in a
 * home that is closed to others), apt works as root, and what it leaves belongs to another user: other bytes.
 *
 * @throws TrioError `NO_OPEN_FOLDER` when none does
 */
export async function makeOpenFolder(
  prefix: string,
  parents: readonly string[] = [tmpdir(), '/var/tmp', '/tmp'],
): Promise<string> {
  for (const parent of parents) {
    if (!(await canBeEntered(parent))) continue;
    const folder = await mkdtemp(join(parent, prefix));
    await chmod(folder, 0o755);
    return folder;
  }
  throw new TrioError('NO_OPEN_FOLDER', `not every user can get to any of ${parents.join(', ')}`);
}

/** Whether others may pass through the folder and all above it. */
async function canBeEntered(path: string): Promise<boolean> {
  const folder = await realpath(path).catch(() => undefined);
  if (folder === undefined) return false;
  const forOthers = ((await stat(folder)).mode & 0o001) !== 0;
  const above = dirname(folder);
  return forOthers && (above === folder || canBeEntered(above));
}
