import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { lockSha256 } from './locked-packages.ts';
import { commandIn, unpackTools, type ToolCommand } from './tool-root.ts';

/** A tree of its own: the tool tree's address is part of the guests' disks. */
export const erofsPackages: readonly string[] = ['erofs-utils'];

/** Makes EROFS file systems. */
export interface MkfsErofs {
  readonly command: ToolCommand;
  /** Of the package erofs-utils. */
  readonly version: string;
}

/** mkfs.erofs of Debian 13, its tree built when missing (about 20 s). */
export async function mkfsErofs(progress: Progress): Promise<MkfsErofs> {
  const dir = await cached(
    {
      kind: 'tools',
      name: 'erofs-utils',
      recipe: { suite: 'trixie', packages: erofsPackages, lock: lockSha256('trixie') },
    },
    progress,
    (partial) => progress.stage('getting mkfs.erofs', () => unpackTools(erofsPackages, partial, progress)),
  );
  const manifest = await readFile(join(dir, 'packages.txt'), 'utf8');
  const version = /^erofs-utils (.+)$/m.exec(manifest)?.[1];
  if (version === undefined) throw new Error(`${dir} has no erofs-utils`);
  return { command: await commandIn(join(dir, 'root'), 'mkfs.erofs'), version };
}
