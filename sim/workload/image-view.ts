import type { FactsEntry, ImageFacts } from '../../trio/image/facts.ts';
import type { Image, ImageFile, LayerFolder, OverlayLookup, StargzChunk } from '../systems/image.ts';
import { layerFolder } from './layer-folder.ts';

/** A layer's directories and all else, by path; what only its hiding says is no entry. */
interface LayerNames {
  readonly directories: Set<string>;
  readonly others: Map<string, FactsEntry>;
  readonly whiteouts: Set<string>;
  readonly opaque: Set<string>;
  /** How many entries a folder has. */
  readonly entriesIn: Map<string, number>;
}

/** An image as overlayfs shows it, from its facts. */
export function imageView({ name, readiness, plain, estargz }: ImageFacts): Image {
  const layers = plain.layers.map(({ entries }) => namesOf(entries));
  const files = filesOf(
    layers,
    estargz.layers.map((layer) => new Map(layer.files)),
  );
  const entriesOf = (type: string) =>
    plain.layers.map(({ entries }) => entries.filter((entry) => type === '' || entry[1] === type).length);
  const [regular, all] = [entriesOf('f'), entriesOf('')];
  const lookups = new Map<string, OverlayLookup>();
  const folders: LayerFolder[] = [];
  return {
    name,
    readiness,
    plain: {
      ...plain,
      layers: plain.layers.map(({ digest, bytes, tarBytes }, i) => ({
        ...{ digest, bytes, tarBytes },
        files: regular[i]!,
        entries: all[i]!,
      })),
    },
    estargz: {
      ...estargz,
      layers: estargz.layers.map(({ digest, bytes, tocOffset, tocBytes, tocEntries, prefetchBytes }, i) => ({
        ...{ digest, bytes, tocOffset, tocBytes, prefetchBytes },
        tarBytes: plain.layers[i]!.tarBytes,
        files: regular[i]!,
        entries: tocEntries,
      })),
    },
    files: files.size,
    file: (path) => files.get(path),
    regularFiles: () => files.values(),
    folder: (layer) =>
      (folders[layer] ??= layerFolder(
        plain.layers[layer]!.entries,
        new Map(estargz.layers[layer]!.files.map(([path, chunks]) => [path, positioned(chunks)])),
      )),
    lookup(path) {
      let known = lookups.get(path);
      if (!known) lookups.set(path, (known = lookup(layers, path)));
      return known;
    },
  };
}

function namesOf(entries: readonly FactsEntry[]): LayerNames {
  const layer: LayerNames = {
    directories: new Set(['/']),
    others: new Map(),
    whiteouts: new Set(),
    opaque: new Set(),
    entriesIn: new Map(),
  };
  for (const entry of entries) {
    const [path, type] = entry;
    if (type === 'w') layer.whiteouts.add(path);
    else if (type === 'q') layer.opaque.add(path);
    else if (type !== 'd') layer.others.set(path, entry);
    // A layer need not name the directories that it has something in.
    for (let at = type === 'd' ? path : parent(path); !layer.directories.has(at); at = parent(at))
      layer.directories.add(at);
  }
  for (const path of [...layer.directories, ...layer.others.keys()]) {
    if (path === '/') continue;
    const folder = parent(path);
    layer.entriesIn.set(folder, (layer.entriesIn.get(folder) ?? 0) + 1);
  }
  return layer;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** All regular files of all layers that are to be seen: the one in the highest layer, if nothing above hides it. */
function filesOf(
  layers: readonly LayerNames[],
  chunksOf: readonly ReadonlyMap<string, readonly (readonly [number, number, number])[]>[],
): Map<string, ImageFile> {
  const files = new Map<string, ImageFile>();
  for (const [number, layer] of layers.entries()) {
    for (const hidden of layer.whiteouts) hide(files, hidden, hidden);
    for (const folder of layer.opaque) hide(files, folder, undefined);
    for (const folder of layer.directories) files.delete(folder);
    const below = layers.slice(0, number);
    for (const [path, entry] of layer.others) {
      // In a folder's place: what was in the folder is not to be seen any more.
      if (below.some(({ directories }) => directories.has(path))) hide(files, path, path);
      const file = entry[1] === 'h' ? layer.others.get(entry[2]) : entry;
      if (file?.[1] !== 'f') {
        files.delete(path);
        continue;
      }
      files.set(path, {
        ...{ id: 0, path, bytes: file[2], layer: number },
        chunks: positioned(chunksOf[number]!.get(file[0]) ?? []),
      });
    }
  }
  let id = 0;
  for (const [path, file] of files) files.set(path, { ...file, id: id++ });
  return files;
}

/** Takes out what is in a folder, and the name itself if it is given. */
function hide(files: Map<string, ImageFile>, folder: string, name: string | undefined): void {
  if (name !== undefined) files.delete(name);
  const prefix = folder === '/' ? '/' : `${folder}/`;
  for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
}

function positioned(chunks: readonly (readonly [number, number, number])[]): StargzChunk[] {
  let position = 0;
  return chunks.map(([offset, compressedBytes, bytes]) => {
    const chunk = { position, bytes, offset, compressedBytes };
    position += bytes;
    return chunk;
  });
}

/**
 * ovl_lookup, for a name in a folder that was found before: from the highest layer that has the folder on, until one
 * has something there that is no directory, or says that what is below does not count.
 */
function lookup(layers: readonly LayerNames[], path: string): OverlayLookup {
  const folder = parent(path);
  let [found, missing, entries] = [0, 0, 0];
  let isFolder = false;
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i]!;
    if (layer.directories.has(folder)) {
      const isFolderHere = layer.directories.has(path);
      if (isFolderHere || layer.others.has(path) || layer.whiteouts.has(path)) {
        found++;
        entries += layer.entriesIn.get(folder) ?? 0;
        isFolder ||= isFolderHere;
        if (!isFolderHere || layer.opaque.has(path)) break;
      } else missing++;
    }
    if (hidesBelow(layer, folder)) break;
  }
  return { found, missing, isFolder, entries };
}

/** Whether what lower layers have in the folder is not to be seen, because of it or of a folder that it is in. */
function hidesBelow(layer: LayerNames, folder: string): boolean {
  for (let at = folder; at !== '/'; at = parent(at))
    if (layer.opaque.has(at) || layer.whiteouts.has(at) || layer.others.has(at)) return true;
  return layer.opaque.has('/');
}
