import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { TrioError } from '../../trio/errors.ts';
import { readTree, type TreeEntry } from './tree-entry.ts';

/** An entry and, for a file, the SHA-256 (hex) of its content. */
export interface IndexedEntry extends TreeEntry {
  readonly sha256?: string;
}

/** A file tree by path, in tar order: parents before children. Contents are only hashes, so it fits in memory. */
export type TreeIndex = ReadonlyMap<string, IndexedEntry>;

/**
 * Indexes a root's tar, without what images leave out.
 *
 * @throws TrioError `BAD_TAR` when an entry comes before its parent or a hard link before its target
 */
export async function indexTar(tarPath: string): Promise<TreeIndex> {
  const index = new Map<string, IndexedEntry>();
  for await (const { entry, body } of readTree(tarPath)) {
    const parent = dirname(entry.path);
    if (parent !== '.' && index.get(parent)?.type !== 'directory')
      throw new TrioError('BAD_TAR', `${tarPath}: ${entry.path} comes before its folder`);
    if (entry.type === 'hardlink' && index.get(entry.target ?? '')?.type !== 'file')
      throw new TrioError(
        'BAD_TAR',
        `${tarPath}: ${entry.path} is a hard link to ${entry.target}, which is no file before it`,
      );
    if (entry.type !== 'file') {
      index.set(entry.path, entry);
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk as Buffer);
    index.set(entry.path, { ...entry, sha256: hash.digest('hex') });
  }
  return index;
}
