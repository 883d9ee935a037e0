import type { Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { ImageFile } from './image.ts';
import type { RootFs } from './rootfs.ts';
import type { RuntimeImage } from './runtime-image.ts';

/** The run-time page cache before a lazy file system: what was recorded is in memory, all else is the other's. */
export class TrioRootFs implements RootFs {
  readonly isCached = false;
  readonly largeFolios: boolean;
  readonly requestPagesMax: number;
  readonly #node: Node;
  readonly #copyPageNs: number;
  readonly #image: RuntimeImage;
  readonly #lower: RootFs;
  /** By id: recorded files whose lower is open too, because a page was missed. */
  readonly #missed = new Set<number>();

  constructor(node: Node, image: RuntimeImage, lower: RootFs) {
    this.#node = node;
    this.#copyPageNs = node.parameters.get('read-cached.pages');
    this.#image = image;
    this.#lower = lower;
    this.largeFolios = lower.largeFolios;
    this.requestPagesMax = lower.requestPagesMax;
  }

  /** None for a file with recorded pages: it would ask for pages between them that nobody needs. */
  readAheadPages(file: ImageFile): number {
    return this.#image.hasFile(file) ? 0 : this.#lower.readAheadPages(file);
  }

  lookupNs(path: string): number {
    return this.#image.hasPath(path)
      ? this.#node.parameters.get('trio.lookupNs')
      : this.#lower.lookupNs(path);
  }

  *lookup(path: string): Flow {
    if (!this.#image.hasPath(path) && this.#lower.lookup) yield* this.#lower.lookup(path);
  }

  /** A recorded file's lower is opened on the first miss. */
  openNs(file: ImageFile): number {
    return this.#image.hasFile(file) ? 0 : this.#lower.openNs(file);
  }

  readNs(file: ImageFile, firstPage: number, pages: number): number | undefined {
    for (let page = firstPage; page < firstPage + pages; page++)
      if (!this.#image.hasPage(file, page)) return undefined;
    return this.#copyNs(pages);
  }

  *read(file: ImageFile, firstPage: number, pages: number): Flow {
    const end = firstPage + pages;
    for (let from = firstPage; from < end;) {
      const isRecorded = this.#image.hasPage(file, from);
      let to = from + 1;
      while (to < end && this.#image.hasPage(file, to) === isRecorded) to++;
      if (isRecorded) yield this.#node.host.work(this.#copyNs(to - from));
      else yield* this.#readLower(file, from, to - from);
      from = to;
    }
  }

  /** From the run-time page cache to the file's own. */
  #copyNs(pages: number): number {
    return this.#copyPageNs * pages;
  }

  *#readLower(file: ImageFile, firstPage: number, pages: number): Flow {
    if (this.#image.hasFile(file) && !this.#missed.has(file.id)) {
      this.#missed.add(file.id);
      yield this.#node.host.work(this.#lower.openNs(file));
    }
    yield* this.#lower.read(file, firstPage, pages);
  }
}
