import type { RandomStream } from '../engine/random.ts';
import type { ImageFile } from './image.ts';

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: ImageFile[];
}

/**
 * Files as a walk through their folders comes by them that takes what is in a folder in any order, but each of its
 * folders as a whole: what a program does that keeps folders in hash maps.
 */
export function inTreeOrder(files: Iterable<ImageFile>, random: RandomStream): ImageFile[] {
  const root: Folder = { folders: new Map(), files: [] };
  for (const file of files) {
    let folder = root;
    for (const name of file.path.split('/').slice(1, -1)) {
      let inner = folder.folders.get(name);
      if (!inner) folder.folders.set(name, (inner = { folders: new Map(), files: [] }));
      folder = inner;
    }
    folder.files.push(file);
  }
  return walk(root, random);
}

function walk({ folders, files }: Folder, random: RandomStream): ImageFile[] {
  const entries = [...folders.values(), ...files];
  for (let end = entries.length; end > 1; end--) {
    const at = random.below(end);
    [entries[end - 1], entries[at]] = [entries[at]!, entries[end - 1]!];
  }
  return entries.flatMap((entry) => ('folders' in entry ? walk(entry, random) : entry));
}
