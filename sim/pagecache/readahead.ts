import type { Fill } from './fill.ts';
import { nextMiss, prevMiss } from './gaps.ts';
import type { Kernel } from './kernel.ts';
import type { OpenFile } from './open-file.ts';
import { pageOf } from './page.ts';

/** 2 MiB: a forced readahead goes in steps of this many pages. */
const forcedStepPages = 512;

/**
 * mm/readahead.c: the window that an access opens or moves. It is in the open file's state; `Fill` fills it.
 * A request is in pages, to the end of what the program asked for (not cut at the end of the file).
 */
export class Readahead {
  readonly #kernel: Kernel;
  readonly #fill: Fill;

  constructor(kernel: Kernel, fill: Fill) {
    this.#kernel = kernel;
    this.#fill = fill;
  }

  /** page_cache_sync_ra: `page` is missing. */
  sync(file: OpenFile, page: number, requestPages: number): void {
    // Without readahead it is the way to read what was asked for, a page at a time.
    if (file.raPages === 0) this.forced(file, page, 1);
    else if (file.random) this.forced(file, page, requestPages);
    else if (this.#kernel.windows === 'split') this.#splitSync(file, page, requestPages);
    else this.#ondemand(file, page, requestPages, -1);
  }

  /** page_cache_async_ra: the folio that holds `page` is cached and has the mark, which goes. */
  async(file: OpenFile, page: number, requestPages: number): void {
    if (file.raPages === 0) return;
    const { inode } = file;
    inode.clearMark(page);
    const order = inode.orderOf(page);
    if (this.#kernel.windows === 'split') this.#splitAsync(file, page, requestPages, order);
    else this.#ondemand(file, page, requestPages, order);
  }

  /** force_page_cache_ra: no window; as much as a request may have. */
  forced(file: OpenFile, page: number, requestPages: number): void {
    const { inode } = file;
    let left = Math.min(requestPages, Math.max(inode.device.ioPages, file.raPages));
    for (let first = page; left > 0; first += forcedStepPages, left -= forcedStepPages)
      this.#fill.pages(inode, first, Math.min(forcedStepPages, left), 0);
  }

  /** do_sync_mmap_readahead's read-around: a window with the page in its middle, whatever came before. */
  around(file: OpenFile, page: number): void {
    file.startPage = Math.max(0, page - (file.raPages >> 1));
    file.sizePages = file.raPages;
    file.asyncPages = file.raPages >> 2;
    this.#fill.window(file, file.startPage, 0);
  }

  #splitSync(file: OpenFile, page: number, requestPages: number): void {
    const limit = limitPages(file, requestPages);
    if (page === 0 || requestPages > limit || isSequential(file, page)) {
      openWindow(file, page, requestPages, limit);
      if (file.asyncPages === 0) file.asyncPages = file.sizePages >> 1;
    } else if (!this.#followHistory(file, page, requestPages, limit)) {
      return;
    }
    this.#fill.window(file, file.startPage, 0);
  }

  #splitAsync(file: OpenFile, page: number, requestPages: number, order: number): void {
    const limit = limitPages(file, requestPages);
    if (page === expectedPage(file, order)) moveWindow(file, limit);
    else if (!this.#skipToGap(file, page, requestPages, limit)) return;
    this.#fill.window(file, file.startPage, order);
  }

  /** @param hitOrder  of the marked folio; -1: `page` is missing */
  #ondemand(file: OpenFile, page: number, requestPages: number, hitOrder: number): void {
    const limit = limitPages(file, requestPages);
    const order = Math.max(hitOrder, 0);
    if (page > 0 && (page === expectedPage(file, order) || page === file.startPage + file.sizePages)) {
      moveWindow(file, limit);
    } else if (page > 0 && hitOrder >= 0) {
      if (!this.#skipToGap(file, page, requestPages, limit)) return;
    } else if (page === 0 || requestPages > limit || isSequential(file, page)) {
      openWindow(file, page, requestPages, limit);
      if (file.asyncPages === 0) file.asyncPages = file.sizePages;
    } else if (!this.#followHistory(file, page, requestPages, limit)) {
      return;
    }
    // The read would hit the mark that this window gets: add the next window at once.
    if (page === file.startPage && file.sizePages === file.asyncPages) {
      const more = nextSizePages(file.sizePages, limit);
      if (file.sizePages + more <= limit) {
        file.asyncPages = more;
        file.sizePages += more;
      } else {
        file.sizePages = limit;
        file.asyncPages = limit >> 1;
      }
    }
    this.#fill.window(file, file.startPage, order);
  }

  /**
   * A missing page elsewhere: the pages cached just before it are what a sequential stream would have left. More of
   * them than requested make a window; else the request is filled without one, and false returned.
   */
  #followHistory(file: OpenFile, page: number, requestPages: number, limit: number): boolean {
    const miss = prevMiss(file.inode, page - 1, limit);
    const cachedPages = page - 1 - miss;
    if (cachedPages <= requestPages) {
      this.#fill.pages(file.inode, page, requestPages, 0);
      return false;
    }
    // Cached from the beginning of the file: all the likelier a long stream.
    const historyPages = miss < 0 ? 2 * cachedPages : cachedPages;
    file.startPage = page;
    file.sizePages = Math.min(historyPages + requestPages, limit);
    file.asyncPages = 1;
    return true;
  }

  /** A mark of another stream or an older window: the window goes to the next gap, if that is near. */
  #skipToGap(file: OpenFile, page: number, requestPages: number, limit: number): boolean {
    const start = nextMiss(file.inode, page + 1, limit, this.#kernel);
    if (start - page > limit) return false;
    file.startPage = start;
    file.sizePages = nextSizePages(start - page + requestPages, limit);
    file.asyncPages = file.sizePages;
    return true;
  }
}

/** The largest window: ra_pages, or for larger requests what the device does in one I/O. */
function limitPages(file: OpenFile, requestPages: number): number {
  const { raPages, inode } = file;
  const { ioPages } = inode.device;
  return requestPages > raPages && ioPages > raPages ? Math.min(requestPages, ioPages) : raPages;
}

/** `page` is the page that was read last, or the next. */
function isSequential(file: OpenFile, page: number): boolean {
  if (file.prevPosBytes < 0) return false;
  const distance = page - pageOf(file.prevPosBytes);
  return distance === 0 || distance === 1;
}

/** Where the last window has its mark: on the folio of this order that holds the first of the async pages. */
function expectedPage(file: OpenFile, order: number): number {
  return ((file.startPage + file.sizePages - file.asyncPages) >> order) << order;
}

/** A new window; asyncPages 0 if the request takes all of it, and the kernels then differ. */
function openWindow(file: OpenFile, page: number, requestPages: number, limit: number): void {
  file.startPage = page;
  file.sizePages = firstSizePages(requestPages, limit);
  file.asyncPages = file.sizePages > requestPages ? file.sizePages - requestPages : 0;
}

/** The window behind the last one. */
function moveWindow(file: OpenFile, limit: number): void {
  file.startPage += file.sizePages;
  // MADV_HUGEPAGE makes windows that are larger than the limit.
  file.sizePages = Math.max(file.sizePages, nextSizePages(file.sizePages, limit));
  file.asyncPages = file.sizePages;
}

/** get_init_ra_size: the request rounded up to a power of two, then by 4 if small, by 2 if not large. */
export function firstSizePages(requestPages: number, limit: number): number {
  if (requestPages > limit) return limit;
  const rounded = requestPages <= 1 ? 1 : 2 ** (32 - Math.clz32(requestPages - 1));
  if (rounded <= Math.floor(limit / 32)) return rounded * 4;
  if (rounded <= Math.floor(limit / 4)) return rounded * 2;
  return limit;
}

/** get_next_ra_size: by 4 if small, else by 2, up to the limit. */
export function nextSizePages(sizePages: number, limit: number): number {
  if (sizePages < Math.floor(limit / 16)) return 4 * sizePages;
  if (sizePages <= Math.floor(limit / 2)) return 2 * sizePages;
  return limit;
}
