import { pagesIn } from './page.ts';

/** What readahead asks of the device below a file system (struct backing_dev_info); its open files copy `raPages`. */
export interface BackingDevice {
  /** read_ahead_kb, in pages. */
  raPages: number;
  /** The optimal size of one I/O, in pages: the limit for requests that are larger than raPages. */
  ioPages: number;
}

// A page's byte: 0 if it is not cached, else these bits and the order of its folio. The mark (PG_readahead) is on the
// byte of the folio's first page. Folios are aligned to their size, so that page and order name the first page.
const present = 0x80;
const marked = 0x40;
const orderBits = 0x0f;

/** The largest order of a folio on x86-64: HPAGE_PMD_ORDER, 2 MiB. */
export const maxOrder = 9;

/** A file's pages in the cache, one byte for each: the kernel's struct address_space. */
export class Inode {
  /** The caller's number, which the insertions carry. */
  readonly id: number;
  readonly device: BackingDevice;
  /** The file system puts folios of more than one page in the cache (mapping_large_folio_support). */
  largeFolios: boolean;
  cachedPages = 0;
  #sizeBytes = 0;
  #pages: Uint8Array;

  constructor(id: number, sizeBytes: number, device: BackingDevice, largeFolios = false) {
    this.id = id;
    this.device = device;
    this.largeFolios = largeFolios;
    this.#pages = new Uint8Array(pagesIn(sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  /** i_size. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  set sizeBytes(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#reserve(pagesIn(sizeBytes));
  }

  /** One less than the number of pages; -1 for an empty file. */
  get lastPage(): number {
    return pagesIn(this.#sizeBytes) - 1;
  }

  has(page: number): boolean {
    return page < this.#pages.length && this.#pages[page] !== 0;
  }

  /** Is cached, as a folio of its own, without the mark. */
  isSingle(page: number): boolean {
    return page < this.#pages.length && this.#pages[page] === present;
  }

  /** Of the folio that holds `page`, which must be cached. */
  orderOf(page: number): number {
    return this.#pages[page]! & orderBits;
  }

  firstOf(page: number): number {
    const order = this.#pages[page]! & orderBits;
    return (page >> order) << order;
  }

  /** The folio that holds `page` is cached and has the mark. */
  isMarked(page: number): boolean {
    return this.has(page) && (this.#pages[this.firstOf(page)]! & marked) !== 0;
  }

  clearMark(page: number): void {
    this.#pages[this.firstOf(page)]! &= ~marked;
  }

  /** None of the pages [first, end) is cached. */
  isFree(first: number, end: number): boolean {
    for (let page = first; page < end; page++) if (this.has(page)) return false;
    return true;
  }

  /** Puts a folio of 2^order pages in the cache. */
  insert(first: number, order: number, isMarked: boolean): void {
    const end = first + (1 << order);
    if ((first & (end - first - 1)) !== 0)
      throw new Error(`a folio of order ${order} cannot begin at ${first}`);
    this.#reserve(end);
    for (let page = first; page < end; page++) {
      if (this.#pages[page] !== 0) throw new Error(`page ${page} of inode ${this.id} is cached already`);
      this.#pages[page] = present | order;
    }
    if (isMarked) this.#pages[first] = present | marked | order;
    this.cachedPages += end - first;
  }

  /** Takes the folio that holds `page`, if it is cached, out of the cache. */
  remove(page: number): void {
    if (!this.has(page)) return;
    const pages = 1 << this.orderOf(page);
    const first = this.firstOf(page);
    this.#pages.fill(0, first, first + pages);
    this.cachedPages -= pages;
  }

  /**
   * filemap_get_read_batch: the page behind the last of at most `folios` cached folios, from that of `first` on, that
   * begin before `end`; a marked folio is the last. `first` itself if it is not cached.
   */
  batchEnd(first: number, end: number, folios: number): number {
    const pages = this.#pages;
    const stop = end < pages.length ? end : pages.length;
    let page = first;
    for (let folio = 0; folio < folios && page < stop; folio++) {
      const state = pages[page]!;
      if (state === 0) break;
      const order = state & orderBits;
      if (order === 0) {
        page++;
        if ((state & marked) !== 0) break;
      } else {
        const start = (page >> order) << order;
        page = start + (1 << order);
        if ((pages[start]! & marked) !== 0) break;
      }
    }
    return page;
  }

  #reserve(pages: number): void {
    if (pages <= this.#pages.length) return;
    const grown = new Uint8Array(Math.max(pages, 2 * this.#pages.length));
    grown.set(this.#pages);
    this.#pages = grown;
  }
}
