import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { TrioError } from '../errors.ts';
import { LayerTree } from './layer-tree.ts';
import { blobBytes, blobPath, checkSize, type OciImage, type OciLayer } from './oci-layout.ts';
import type { ReadRequest, Rootfs, TreeNode } from './rootfs.ts';
import { readTar } from './tar-reader.ts';

/** Where a file's content is: in which layer, and at which entry of its tar. */
type Place = { readonly layer: number; readonly entry: number };

/**
 * The root file system of an image in an OCI layout, straight from the tars of its layers: the first pass only
 * learns the names, {@link Rootfs.read} streams once more those layers that have something wanted. (Digests are what
 * `trio oci verify` checks.)
 *
 * @throws TrioError `BAD_LAYER`, `BLOB_MISSING`, `BLOB_TRUNCATED`, `BLOB_SIZE`
 */
export async function openLayers(image: OciImage, note: (layer: number) => void = () => {}): Promise<Rootfs> {
  const places = new Map<TreeNode, Place>();
  const trees: LayerTree[] = [];
  for (const [index, layer] of image.layers.entries()) {
    note(index);
    const tree = new LayerTree(`layer ${layer.digest}`, trees.map(({ root }) => root).reverse());
    let number = 0;
    for await (const { entry } of readLayer(image.folder, layer)) {
      const file = tree.add(entry);
      if (file) places.set(file, { layer: index, entry: number });
      number++;
    }
    trees.push(tree);
  }
  return {
    id: digestBytes(image.manifest.digest),
    layers: image.layers.map(({ diffId }, i) => {
      const tree = trees[i];
      if (!tree) throw new Error(`layer ${i} has no tree`);
      return { diffId: digestBytes(diffId), root: tree.root };
    }),
    read: (requests, deliver) => readContents(image, places, requests, deliver),
  };
}

/** A wanted range and its index, by layer and entry. */
type Wanted = Map<number, { index: number; begin: number; end: number }[]>;

async function readContents(
  image: OciImage,
  places: ReadonlyMap<TreeNode, Place>,
  requests: readonly ReadRequest[],
  deliver: (index: number, piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const layers = new Map<number, Wanted>();
  for (const [index, { node, offsetBytes, lengthBytes }] of requests.entries()) {
    const place = places.get(node);
    if (!place) throw new Error('the range is of no file of this image');
    const wanted = layers.get(place.layer) ?? new Map<number, never[]>();
    layers.set(place.layer, wanted);
    const ranges = wanted.get(place.entry) ?? [];
    wanted.set(place.entry, ranges);
    ranges.push({ index, begin: offsetBytes, end: offsetBytes + lengthBytes });
  }
  for (const [index, layer] of image.layers.entries()) {
    const wanted = layers.get(index);
    if (!wanted) continue;
    let number = 0;
    for await (const { content } of readLayer(image.folder, layer)) {
      const ranges = wanted.get(number++);
      if (!ranges) continue;
      await cut(content(), ranges, deliver);
      wanted.delete(number - 1);
      if (wanted.size === 0) break;
    }
  }
}

/** Delivers the ranges out of a file's content as it streams by. */
async function cut(
  content: AsyncIterable<Buffer>,
  ranges: { index: number; begin: number; end: number }[],
  deliver: (index: number, piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  ranges.sort((a, b) => a.begin - b.begin);
  let at = 0;
  let first = 0; // all ranges before this one are done
  for await (const piece of content) {
    const end = at + piece.length;
    for (let i = first; i < ranges.length; i++) {
      const range = ranges[i];
      if (!range || range.begin >= end) break;
      const part = piece.subarray(Math.max(0, range.begin - at), Math.max(0, range.end - at));
      if (part.length > 0) await deliver(range.index, part);
    }
    at = end;
    while ((ranges[first]?.end ?? Infinity) <= end) first++;
    if (first === ranges.length) return;
  }
}

/**
 * The entries of a layer; its blob is closed when the caller stops.
 *
 * @param note  told of all that is unpacked, in pieces
 */
export async function* readLayer(
  folder: string,
  layer: OciLayer,
  note?: (bytes: number) => void,
): ReturnType<typeof readTar> {
  const what = `layer ${layer.digest}`;
  checkSize('layer', layer.digest, await blobBytes(folder, layer.digest, 'layer'), layer.sizeBytes);
  const file = createReadStream(blobPath(folder, layer.digest), { highWaterMark: 1 << 20 });
  const unpack =
    layer.compression === 'gzip'
      ? createGunzip({ chunkSize: 1 << 18 })
      : layer.compression === 'zstd'
        ? createZstdDecompress({ chunkSize: 1 << 18 })
        : undefined;
  // An error of the file reaches the reader through the unpacker.
  const input: Readable = unpack ? pipeline(file, unpack, () => {}) : file;
  try {
    const pieces = noted(input, note);
    yield* readTar(pieces, what);
    // What follows the end of the tar is of the layer too.
    for await (const piece of pieces) void piece;
  } catch (error) {
    if (error instanceof TrioError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TrioError('BAD_LAYER', `${what} (${layer.mediaType}) cannot be unpacked: ${why}`, {
      cause: error,
    });
  } finally {
    file.destroy();
    input.destroy();
  }
}

async function* noted(input: Readable, note: (bytes: number) => void = () => {}): AsyncGenerator<Buffer> {
  for await (const piece of input as AsyncIterable<Buffer>) {
    note(piece.length);
    yield piece;
  }
}

function digestBytes(digest: string): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}
