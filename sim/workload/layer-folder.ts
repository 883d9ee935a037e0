import type { FactsEntry } from '../../trio/image/facts.ts';
import type { LayerEntry, LayerFolder, StargzChunk } from '../systems/image.ts';

interface Folder extends LayerFolder {
  readonly entries: LayerEntry[];
}

const noData: LayerEntry = { chunks: [] };

/**
 * A layer's tree as its table of contents makes it (stargz-snapshotter estargz/estargz.go, initFields): all entries in
 * their order, before them the landmark that eStargz adds, and folders that only their files name when the first does.
 *
 * @param chunksOf  of the files that have data
 */
export function layerFolder(
  entries: readonly FactsEntry[],
  chunksOf: ReadonlyMap<string, readonly StargzChunk[]>,
): LayerFolder {
  const root: Folder = { entries: [noData] };
  const folders = new Map<string, Folder>([['', root]]);
  const folderOf = (path: string): Folder => {
    const known = folders.get(path);
    if (known) return known;
    const folder: Folder = { entries: [] };
    folders.set(path, folder);
    folderOf(parentOf(path)).entries.push(folder);
    return folder;
  };
  for (const [path, type, target] of entries) {
    if (type === 'd') folderOf(path === '/' ? '' : path);
    // The marker is a file in the folder that it makes opaque.
    else if (type === 'q') folderOf(path === '/' ? '' : path).entries.push(noData);
    else {
      const chunks = chunksOf.get(type === 'h' ? target : path);
      folderOf(parentOf(path)).entries.push(chunks ? { chunks } : noData);
    }
  }
  return root;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
