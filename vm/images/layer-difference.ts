import { basename, dirname, join } from 'node:path/posix';
import type { IndexedEntry, TreeIndex } from './tree-index.ts';

/** What an image layer must hold to turn one tree into another. */
export interface LayerDifference {
  /** Paths of the full tree to write, with all their parents; to be written in the full tree's order. */
  readonly written: ReadonlySet<string>;
  /** Whiteouts (paths whose last part starts with `.wh.`), sorted: what the lower tree has and the full one has not. */
  readonly whiteouts: readonly string[];
}

/**
 * The layer that makes `full` out of `base`.
 *
 * Parents of everything written are written too: a lazily mounted layer knows only its own entries, and would invent
 * a missing folder with default mode and owner. Hard links never cross layers (a layer format cannot say that): when
 * a group of names of one file is not exactly as it was, the whole group is written.
 */
export function layerDifference(base: TreeIndex, full: TreeIndex): LayerDifference {
  const before = fingerprints(base);
  const written = new Set<string>();
  const writeParents = (path: string) => {
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) written.add(parent);
  };
  for (const [path, fingerprint] of fingerprints(full)) {
    if (before.get(path) === fingerprint) continue;
    written.add(path);
    writeParents(path);
  }
  const whiteouts: string[] = [];
  for (const path of base.keys()) {
    if (full.has(path)) continue;
    const parent = dirname(path);
    // Gone with its folder: either that has a whiteout of its own, or something else is in its place, which hides it.
    if (parent !== '.' && full.get(parent)?.type !== 'directory') continue;
    const whiteout = join(parent, `.wh.${basename(path)}`);
    whiteouts.push(whiteout);
    writeParents(whiteout);
  }
  // A folder that replaces a file or a link starts empty in the layer above: overlayfs does not look through a
  // non-folder, so what lies under neither needs a whiteout nor can show.
  return { written, whiteouts: whiteouts.sort((a, b) => (a < b ? -1 : 1)) };
}

/** Everything that makes an entry what it is, as text; equal for equal entries of two trees. */
function fingerprints(index: TreeIndex): Map<string, string> {
  const groups = new Map<string, string[]>();
  for (const entry of index.values())
    if (entry.type === 'hardlink')
      groups.set(entry.target ?? '', [...(groups.get(entry.target ?? '') ?? []), entry.path]);
  const result = new Map<string, string>();
  for (const [path, entry] of index) {
    // A hard link is another name of its target: its own header may repeat other attributes.
    const file = entry.type === 'hardlink' ? (index.get(entry.target ?? '') ?? entry) : entry;
    const links = groups.get(file.path);
    result.set(path, describe(file, links ? [file.path, ...links].sort() : []));
  }
  return result;
}

function describe(entry: IndexedEntry, names: readonly string[]): string {
  const { type, mode, uid, gid, mtimeS, sizeBytes, sha256, target, device, xattrs } = entry;
  return JSON.stringify([type, mode, uid, gid, mtimeS, sizeBytes, sha256, target, device, xattrs, names]);
}
