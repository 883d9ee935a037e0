import { maxOrder, type Inode } from './inode.ts';
import { origin, type Insertions } from './insertions.ts';
import type { Kernel } from './kernel.ts';
import type { OpenFile } from './open-file.ts';
import type { Residency } from './residency.ts';

/** Puts pages in the cache for which readahead has decided; knows nothing of why. */
export class Fill {
  readonly #kernel: Kernel;
  readonly #insertions: Insertions;
  readonly #residency: Residency | undefined;

  constructor(kernel: Kernel, insertions: Insertions, residency?: Residency) {
    this.#residency = residency;
    this.#kernel = kernel;
    this.#insertions = insertions;
  }

  /**
   * do_page_cache_ra: what is missing of `pages` pages, up to the end of the file, in folios of one page. The mark is
   * `asyncPages` before the end of what was asked for, cut at the end of the file; it is made only on a new page.
   */
  pages(inode: Inode, first: number, pages: number, asyncPages: number): void {
    const left = inode.lastPage - first + 1;
    if (left <= 0) return;
    const wanted = pages < left ? pages : left;
    const markPage = first + wanted - asyncPages;
    let how: number = origin.request;
    for (let page = first; page < first + wanted; page++) {
      // A request to the file system ends at a page that is there.
      if (inode.has(page)) {
        how = origin.request;
        continue;
      }
      this.#residency?.admit(inode, page, 0);
      inode.insert(page, 0, page === markPage);
      this.#insertions.push(inode.id, page, 0, how);
      how = origin.continued;
    }
  }

  /**
   * page_cache_ra_order: a window of the file's size, from `first` on. With large folios, of order `hitOrder` + 2
   * where alignment and the window's end let it; the first page that is already there ends that, and small folios
   * follow for a whole window from there on, that is, beyond the window's end.
   */
  window(file: OpenFile, first: number, hitOrder: number): void {
    const { inode } = file;
    let page = first;
    if (inode.largeFolios && file.sizePages >= 4) {
      page = this.#largeFolios(file, first, hitOrder);
      if (page < 0) return;
    }
    this.pages(inode, page, file.sizePages, file.asyncPages);
  }

  /** read_folio: one page. */
  single(inode: Inode, page: number): void {
    this.#residency?.admit(inode, page, 0);
    inode.insert(page, 0, false);
    this.#insertions.push(inode.id, page, 0, origin.single);
  }

  written(inode: Inode, page: number): void {
    this.#residency?.admit(inode, page, 0);
    inode.insert(page, 0, false);
    this.#insertions.push(inode.id, page, 0, origin.written);
  }

  /** @returns the page that was in the way, or -1 */
  #largeFolios(file: OpenFile, first: number, hitOrder: number): number {
    const { inode } = file;
    const mark = first + file.sizePages - file.asyncPages;
    const limit = Math.min(inode.lastPage, first + file.sizePages - 1);
    const largest = Math.min(hitOrder + 2, maxOrder, log2(file.sizePages));
    let how: number = origin.request;
    let page = first;
    while (page <= limit) {
      const order = this.#fittingOrder(page, limit, largest);
      if (!inode.isFree(page, page + (1 << order))) return page;
      this.#residency?.admit(inode, page, order);
      inode.insert(page, order, page === (mark >> order) << order);
      this.#insertions.push(inode.id, page, order, how);
      how = origin.continued;
      page += 1 << order;
    }
    if (this.#kernel.growBehindEnd) {
      file.sizePages += page - limit - 1;
      file.asyncPages += page - limit - 1;
    }
    return -1;
  }

  #fittingOrder(page: number, limit: number, largest: number): number {
    const { orderOne } = this.#kernel;
    let order = largest;
    if ((page & ((1 << order) - 1)) !== 0) order = skipOne(log2(page & -page), orderOne);
    while (page + (1 << order) - 1 > limit) order = skipOne(order - 1, orderOne);
    return order;
  }
}

function skipOne(order: number, orderOne: boolean): number {
  return order === 1 && !orderOne ? 0 : order;
}

function log2(value: number): number {
  return 31 - Math.clz32(value);
}
