import { readFile } from 'node:fs/promises';
import { TrioError } from '../../trio/errors.ts';

/** Names a file's pages: the inode that holds them. */
export type InodeKey = `${number}:${number}`;

export function inodeKey(dev: number, ino: number): InodeKey {
  return `${dev}:${ino}`;
}

/**
 * Reads what a traced session says of its image's files (vm/guest/layer-inodes.ts): inode → the paths in the container
 * that it is seen by. A path that a higher layer has too is not the lower layer's any more.
 *
 * @throws TrioError `GUEST_OUTPUT`
 */
export async function readImageInodes(file: string): Promise<ReadonlyMap<InodeKey, readonly string[]>> {
  const seen = new Set<string>();
  const paths = new Map<InodeKey, string[]>();
  for (const line of (await readFile(file, 'utf8')).split('\0').slice(0, -1)) {
    const match = /^(\d+) (\d+) (\d+) (.+)$/s.exec(line);
    if (!match) throw new TrioError('GUEST_OUTPUT', `${file}: "${line.slice(0, 80)}" names no inode`);
    const [, dev, ino, , name] = match;
    const key = inodeKey(Number(dev), Number(ino));
    const path = `/${name}`;
    const known = paths.get(key) ?? [];
    paths.set(key, known);
    if (!seen.has(path)) known.push(path);
    seen.add(path);
  }
  return paths;
}
