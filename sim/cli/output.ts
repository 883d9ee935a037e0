import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { TrioError } from '../../trio/errors.ts';

/**
 * Writes a file as a whole: until it is on the disk, there is what was there before. A link stays a link; what is no file,
 * as a device or a pipe, is written to.
 *
 * @throws TrioError `CANNOT_WRITE`
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const found = await stat(target).catch(() => undefined);
  const partial = `${target}.partial`;
  try {
    if (found && !found.isFile()) {
      await writeFile(target, text);
      return;
    }
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {
      // What cannot be written cannot be left either.
    });
    const { message } = cause as Error;
    throw new TrioError('CANNOT_WRITE', `${file} cannot be written: ${message}`, { cause });
  }
}
