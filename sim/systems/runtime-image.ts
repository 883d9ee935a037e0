import { pageBytes, pagesIn } from '../pagecache/page.ts';
import type { Image, ImageFile } from './image.ts';
import { kept, type Reads } from './kept.ts';
import type { Recording } from './system.ts';

/** Longer extents of the format are split: trio/image/FORMAT.md. */
const extentPagesMax = 256;

/** What TrIO keeps of an image: the recorded pages, and the metadata that answer the recorded lookups. */
export class RuntimeImage {
  readonly metaBytes: number;
  readonly dataPages: number;
  /** By file: 1 for each page that was recorded. */
  readonly #pages = new Map<number, Uint8Array>();
  readonly #paths: ReadonlySet<string>;

  constructor(image: Image, { runs, lookups }: Recording, reads: Reads) {
    for (const { path, firstPage, pages } of runs) {
      const file = image.file(path);
      if (!file) continue;
      let recorded = this.#pages.get(file.id);
      if (!recorded) this.#pages.set(file.id, (recorded = new Uint8Array(pagesIn(file.bytes))));
      recorded.fill(1, firstPage, firstPage + pages);
    }
    this.#paths = new Set(lookups);
    const counts = [...this.#pages.values()].map(count);
    this.dataPages = counts.reduce((sum, { pages }) => sum + pages, 0);
    const extents = counts.reduce((sum, counted) => sum + counted.extents, 0);
    this.metaBytes =
      reads('trio.headerBytes') +
      reads('trio.layerBytes') * image.plain.layers.length +
      reads('trio.extentBytes') * extents +
      this.#nameBytes(image, reads);
  }

  get dataBytes(): number {
    return this.dataPages * pageBytes;
  }

  /** Whether any page of the file was recorded. */
  hasFile(file: ImageFile): boolean {
    return this.#pages.has(file.id);
  }

  hasPage(file: ImageFile, page: number): boolean {
    return this.#pages.get(file.id)?.[page] === 1;
  }

  /** Whether it knows what a lookup of the path gives, be it that there is nothing. */
  hasPath(path: string): boolean {
    return this.#paths.has(path);
  }

  /** A name for each layer in which overlayfs looks for it, and an inode where it ends. */
  #nameBytes(image: Image, reads: Reads): number {
    const inodeBytes = reads('trio.inodeBytes');
    const nameBytes = reads('trio.nameBytes');
    let bytes = 0;
    for (const path of this.#paths) {
      const { found, missing } = image.lookup(path);
      const names = found + missing;
      const lengthBytes = path.length - path.lastIndexOf('/') - 1;
      bytes += inodeBytes + names * (nameBytes + lengthBytes);
    }
    return bytes;
  }
}

/** What a recording of an image becomes; it does not change once it is made. */
export const runtimeImageOf = kept(
  (image: Image, recording: Recording, reads) => new RuntimeImage(image, recording, reads),
);

function count(recorded: Uint8Array): { pages: number; extents: number } {
  let pages = 0;
  let extents = 0;
  for (let page = 0; page < recorded.length; page++) {
    if (recorded[page] === 0) continue;
    pages++;
    if (page % extentPagesMax === 0 || recorded[page - 1] === 0) extents++;
  }
  return { pages, extents };
}
