import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { writeTree, type AddEntry, type TreeEntry } from './tree-entry.ts';
import type { TreeIndex } from './tree-index.ts';

/**
 * Writes a workload's own files as a layer's uncompressed tar. Owner, group and times do not come from the checkout:
 * root, `mtimeS`, 0755 for folders and programs, 0644 for the rest. Folders that the image has already keep the
 * attributes they have there.
 *
 * @param lower  the tree of the layers below
 * @returns whether there was any file (an empty layer is not written)
 * @throws TrioError `BAD_WORKLOAD` when a path leads through something that is no folder in the layers below
 */
export async function writeAppLayer(
  rootfs: string,
  lower: TreeIndex,
  mtimeS: number,
  layerTar: string,
): Promise<boolean> {
  const paths = await listTree(rootfs);
  if (paths.length === 0) return false;
  await writeTree(layerTar, async (add) => {
    for (const path of paths) await addPath(rootfs, path, lower.get(path), mtimeS, add);
  });
  return true;
}

async function addPath(
  rootfs: string,
  path: string,
  existing: TreeEntry | undefined,
  mtimeS: number,
  add: AddEntry,
) {
  const file = join(rootfs, path);
  const stat = await lstat(file);
  const common = { path, uid: 0, gid: 0, mtimeS, sizeBytes: 0 } as const;
  if (stat.isDirectory()) {
    if (existing && existing.type !== 'directory') throw blocked(file, existing);
    await add(existing ?? { ...common, type: 'directory', mode: 0o755 });
  } else if (stat.isSymbolicLink()) {
    await add({ ...common, type: 'symlink', mode: 0o777, target: await readlink(file) });
  } else if (stat.isFile()) {
    const mode = stat.mode & 0o100 ? 0o755 : 0o644;
    await add({ ...common, type: 'file', mode, sizeBytes: stat.size }, createReadStream(file));
  } else {
    throw new TrioError('BAD_WORKLOAD', `${file}: only files, folders and symbolic links can be in a layer`);
  }
}

function blocked(file: string, existing: TreeEntry): TrioError {
  const instead = existing.type === 'symlink' ? ` to ${existing.target}: use the path that it leads to` : '';
  return new TrioError(
    'BAD_WORKLOAD',
    `${file}: in the image, ${existing.path} is a ${existing.type}${instead}`,
  );
}

/** All paths below a folder, parents first, in an order that does not depend on the host's locale or disk. */
export async function listTree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !(path.includes('__pycache__') || path.endsWith('.DS_Store')))
    .sort(byParts);
}

/** Part by part, so that a folder comes right before what it holds. */
function byParts(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return (left[i] ?? '') < (right[i] ?? '') ? -1 : 1;
  }
  return left.length - right.length;
}
