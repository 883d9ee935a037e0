import { pagesIn } from '../pagecache/page.ts';
import { blockBytes, DadiLayer } from './dadi-layer.ts';
import { gzipBytes, inLayerOrder } from './gzip-bytes.ts';
import type { Image, ImageFile } from './image.ts';
import { kept, type Reads } from './kept.ts';

/** Blocks of the device, in the blob of the layer that changed them last. */
export interface Blocks {
  readonly layer: number;
  readonly first: number;
  readonly count: number;
}

/** Of ext4's inode table. */
const inodesPerBlock = 16;

/**
 * Where ext4's blocks are in the layers' blobs, estimated: the inodes of a layer's entries first, then its files in
 * the order of the eStargz layer, before the first of a directory a block with that directory's names. A block that
 * several layers change is read from the last one.
 */
export class DadiLayout {
  readonly image: Image;
  readonly layers: readonly DadiLayer[];
  readonly #data = new Map<number, Blocks>();
  readonly #names = new Map<string, Blocks>();
  readonly #inodes = new Map<string, Blocks>();
  readonly #tables: readonly Blocks[];
  readonly #inodesOf: number[];
  readonly #metadataRatio: number;

  constructor(image: Image, reads: Reads) {
    this.image = image;
    const { layers } = image.plain;
    const segmentBytes = reads('dadi.segmentBytes');
    this.#metadataRatio = reads('dadi.metadataRatio');
    this.layers = layers.map(({ digest }) => new DadiLayer(`dadi@${digest}`, reads));
    // LSMT's header; its index and trailer come behind the data.
    for (let layer = 0; layer < layers.length; layer++) this.#addMetadata(layer, 1);
    this.#tables = layers.map(({ entries }, layer) =>
      this.#addMetadata(layer, Math.ceil((entries + 1) / inodesPerBlock)),
    );
    this.#inodesOf = layers.map(() => 0);
    for (const file of inLayerOrder(image.regularFiles())) this.#addFile(file);
    for (const [layer, { files }] of layers.entries()) {
      const indexBlocks = Math.ceil((segmentBytes * files) / blockBytes);
      this.layers[layer]!.indexBlocks = indexBlocks;
      this.#addMetadata(layer, indexBlocks + 1);
    }
  }

  /** Pages of a file. */
  data(file: ImageFile, firstPage: number, pages: number): Blocks {
    const { layer, first } = this.#data.get(file.id)!;
    return { layer, first: first + firstPage, count: pages };
  }

  /** What ext4 reads for a lookup, one after the other: names of the parent, then the inode, with those around it. */
  lookup(path: string): Blocks[] {
    return [this.#names.get(parentOf(path)), this.#inodes.get(path)].filter((blocks) => blocks !== undefined);
  }

  /** The first blocks of the device: superblock and group descriptors are among them. */
  get superblock(): Blocks {
    return { layer: 0, first: 0, count: Math.min(2, this.layers[0]?.blocks ?? 0) };
  }

  #addFile(file: ImageFile): void {
    const { path, layer, bytes, id } = file;
    this.#addName(parentOf(path), layer);
    this.#addInode(path, layer);
    const count = pagesIn(bytes);
    this.#data.set(id, {
      layer,
      first: this.layers[layer]!.add(count, bytes, gzipBytes(file, 0, bytes)),
      count,
    });
  }

  #addName(directory: string, layer: number): void {
    const known = this.#names.get(directory);
    if (known?.layer === layer) return;
    if (!known && directory !== '') {
      this.#addName(parentOf(directory), layer);
      this.#addInode(directory, layer);
    }
    this.#names.set(directory, this.#addMetadata(layer, 1));
  }

  /** ext4 reads the table around an inode: inode_readahead_blks. */
  #addInode(path: string, layer: number): void {
    const { first, count } = this.#tables[layer]!;
    const block = Math.min(Math.floor(this.#inodesOf[layer]!++ / inodesPerBlock), count - 1);
    const from = block - (block % 32);
    this.#inodes.set(path, { layer, first: first + from, count: Math.min(32, count - from) });
  }

  #addMetadata(layer: number, count: number): Blocks {
    const bytes = count * blockBytes;
    return { layer, first: this.layers[layer]!.add(count, bytes, bytes * this.#metadataRatio), count };
  }
}

/** The layout of an image; it does not change once it is made. */
export const dadiLayout = kept((image: Image, _: Image, reads) => new DadiLayout(image, reads));

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
