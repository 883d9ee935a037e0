import { writeFile } from 'node:fs/promises';
import { TrioError } from '../../trio/errors.ts';

/** @throws TrioError `CANNOT_WRITE` */
export async function writeOutput(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw new TrioError('CANNOT_WRITE', `${file} cannot be written: ${message}`, { cause });
  });
}
