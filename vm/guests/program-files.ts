import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const vmFolder = join(import.meta.dirname, '..');

/**
 * What a payload needs of ours to run programs of `folder` in a guest: all of that folder, and the agent's own
 * functions, which do what both need. A payload's folder is laid out as vm/ is.
 *
 * @param folder  in vm/, e.g. `calibrate/in-guest`
 * @returns path in the payload → file on the host
 */
export async function programFiles(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const each of ['guest', 'systems', folder])
    for (const name of await readdir(join(vmFolder, each)))
      if (name.endsWith('.ts')) files[`${each}/${name}`] = join(vmFolder, each, name);
  return files;
}
