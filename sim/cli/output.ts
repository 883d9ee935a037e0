import { open, rename, rm } from 'node:fs/promises';
import { TrioError } from '../../trio/errors.ts';

/**
 * Writes a file as a whole: until it is on the disk, there is what was there before.
 *
 * @throws TrioError `CANNOT_WRITE`
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {
      // What cannot be written cannot be left either.
    });
    const { message } = cause as Error;
    throw new TrioError('CANNOT_WRITE', `${file} cannot be written: ${message}`, { cause });
  }
}
