import fc from 'fast-check';
import { dirname } from 'node:path/posix';
import type { LayerDifference } from '../../../vm/images/layer-difference.ts';
import type { IndexedEntry, TreeIndex } from '../../../vm/images/tree-index.ts';

/** An entry with defaults, for tests. */
export function entry(path: string, more: Partial<IndexedEntry> = {}): IndexedEntry {
  const type = more.type ?? 'file';
  const content = type === 'file' ? { sha256: 'content', sizeBytes: 7 } : { sizeBytes: 0 };
  return {
    path,
    type,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtimeS: 1,
    ...content,
    ...more,
  };
}

export const dir = (path: string, more: Partial<IndexedEntry> = {}) =>
  entry(path, { type: 'directory', ...more });
export const link = (path: string, target: string) => entry(path, { type: 'hardlink', target });
export const tree = (...entries: IndexedEntry[]): TreeIndex => new Map(entries.map((e) => [e.path, e]));

/** A mounted tree: what each path is, and which names are one file (equal `inode`). */
export type Mounted = Map<
  string,
  { entry: Omit<IndexedEntry, 'path' | 'target'>; target: string | undefined; inode: number }
>;

let nextInode = 1;

/** Mounts a layer on a tree, by the words of the image specification and as naively as possible. */
export function mount(lower: Mounted, layer: Iterable<IndexedEntry>, whiteouts: readonly string[]): Mounted {
  const result: Mounted = new Map(lower);
  const remove = (path: string) => {
    for (const known of [...result.keys()])
      if (known === path || known.startsWith(`${path}/`)) result.delete(known);
  };
  for (const whiteout of whiteouts) remove(whiteout.replace(/(^|\/)\.wh\.([^/]+)$/, '$1$2'));
  const own = new Map<string, number>();
  for (const full of layer) {
    const { path, target, ...rest } = full;
    const parent = dirname(path);
    if (parent !== '.' && result.get(parent)?.entry.type !== 'directory')
      throw new Error(`${path} has no folder`);
    if (parent !== '.' && !own.has(parent)) throw new Error(`the folder of ${path} is not in the layer`);
    if (rest.type === 'hardlink') {
      const inode = own.get(target ?? '');
      const file = result.get(target ?? '');
      if (inode === undefined || !file)
        throw new Error(`${path} links to ${target}, which is not in the layer`);
      remove(path);
      result.set(path, file);
      own.set(path, inode);
      continue;
    }
    if (!(rest.type === 'directory' && result.get(path)?.entry.type === 'directory')) remove(path);
    const inode = nextInode++;
    own.set(path, inode);
    result.set(path, { entry: rest, target, inode });
  }
  return result;
}

/** The entries of a difference, in the full tree's order. */
export function layerOf(full: TreeIndex, difference: LayerDifference): IndexedEntry[] {
  return [...full.values()].filter(({ path }) => difference.written.has(path));
}

/** A mounted tree with inode numbers replaced by the first name that has them, so that two can be compared. */
export function canonical(mounted: Mounted): unknown {
  const first = new Map<number, string>();
  const sorted = [...mounted].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, { inode }] of sorted) if (!first.has(inode)) first.set(inode, path);
  return sorted.map(([path, { entry: e, target, inode }]) => [path, { ...e, target }, first.get(inode)]);
}

/** Random small trees over few names, so that two of them often meet. */
export const anyTree: fc.Arbitrary<TreeIndex> = fc
  .array(
    fc.record({
      path: fc
        .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
        .map((parts) => parts.join('/')),
      type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
      mode: fc.constantFrom(0o644, 0o755),
      sha256: fc.constantFrom('x', 'y'),
      linkTo: fc.option(fc.nat(20), { freq: 2 }),
    }),
    { maxLength: 14 },
  )
  .map((wishes) => {
    const made = new Map<string, IndexedEntry>();
    const groups: string[][] = [];
    for (const { path, type, mode, sha256, linkTo } of wishes) {
      const parents = path
        .split('/')
        .slice(0, -1)
        .map((_, i, all) => all.slice(0, i + 1).join('/'));
      if (made.has(path) || parents.some((p) => made.has(p) && made.get(p)?.type !== 'directory')) continue;
      for (const parent of parents) if (!made.has(parent)) made.set(parent, dir(parent));
      const files = groups.filter((group) => group.length > 0);
      const group = linkTo === null ? undefined : files[linkTo % Math.max(1, files.length)];
      const source = group && made.get(group[0] ?? '');
      if (source && group) {
        made.set(path, { ...source, path });
        group.push(path);
      } else if (type === 'file') {
        made.set(path, entry(path, { mode, sha256 }));
        groups.push([path]);
      } else
        made.set(path, type === 'directory' ? dir(path, { mode }) : entry(path, { type, target: sha256 }));
    }
    // As in a tar: by path, the first name of a file is the file and the others link to it.
    for (const group of groups)
      for (const path of group.sort().slice(1)) made.set(path, link(path, group[0] ?? ''));
    const parts = (path: string) => path.replaceAll('/', '\0');
    return new Map([...made].sort(([a], [b]) => (parts(a) < parts(b) ? -1 : 1)));
  });
