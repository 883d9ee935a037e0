import { Fill } from './fill.ts';
import type { Inode } from './inode.ts';
import { Insertions } from './insertions.ts';
import type { Kernel } from './kernel.ts';
import type { OpenFile } from './open-file.ts';
import { pageBytes, pageOf, pagesIn } from './page.ts';
import { Readahead } from './readahead.ts';
import type { Residency } from './residency.ts';

/** Above this mmap_miss, a fault reads its page alone (MMAP_LOTSAMISS); it counts on to ten times as much. */
const lotsOfMisses = 100;
/** HPAGE_PMD_NR. */
const hugePages = 512;
const hugeOrder = 9;

/** Bits of vm_flags (include/linux/mm.h). */
export const vmFlag = {
  EXEC: 0x4,
  SHARED: 0x8,
  SEQ_READ: 0x8000,
  RAND_READ: 0x10000,
  HUGEPAGE: 0x20000000,
} as const;

/** include/uapi/linux/fadvise.h; readahead(2) and MADV_WILLNEED come as WILLNEED. */
export const advice = { NORMAL: 0, RANDOM: 1, SEQUENTIAL: 2, WILLNEED: 3, DONTNEED: 4, NOREUSE: 5 } as const;

/**
 * Linux's buffered read path, one operation at a time: what an operation puts in the cache is in `insertions` when it
 * returns. No operation waits: pages count as read as soon as they are inserted, and when their data is there is for
 * the caller to model. mm/filemap.c, with the names of its functions.
 */
export class PageCache {
  readonly kernel: Kernel;
  readonly insertions = new Insertions();
  readonly #fill: Fill;
  readonly #residency: Residency | undefined;
  readonly #readahead: Readahead;

  /** @param residency  none: there is memory for all pages */
  constructor(kernel: Kernel, residency?: Residency) {
    this.kernel = kernel;
    this.#residency = residency;
    this.#fill = new Fill(kernel, this.insertions, residency);
    this.#readahead = new Readahead(kernel, this.#fill);
  }

  /** filemap_read: read(2), pread(2), and what the kernel reads of an executable. */
  read(file: OpenFile, posBytes: number, countBytes: number): void {
    const { sizeBytes } = file.inode;
    if (this.#findsAll(file.inode, posBytes, countBytes)) {
      file.prevPosBytes = posBytes + countBytes;
      return;
    }
    let pos = posBytes;
    let left = countBytes;
    while (left > 0 && pos < sizeBytes) {
      const bytes = this.readBatch(file, pos, left);
      pos += bytes;
      left -= bytes;
      if (this.kernel.prevPosPerBatch) file.prevPosBytes = pos;
    }
    if (pos !== posBytes) file.prevPosBytes = pos;
  }

  /**
   * One step of `read`, filemap_get_pages: as many bytes as its pages give. Whoever steps through a read, to wait for
   * the data of each batch, sets prevPosBytes as `read` does.
   */
  readBatch(file: OpenFile, posBytes: number, countBytes: number): number {
    const first = pageOf(posBytes);
    const end = this.#cachedEnd(file, first, posBytes + countBytes);
    if (this.#residency) {
      // Bit by bit, a page is read once.
      const isSamePage = posBytes > 0 && pageOf(file.prevPosBytes - 1) === first;
      for (let page = isSamePage ? first + 1 : first; page < end; page++)
        this.#residency.read(file.inode, page);
    }
    const bytes = end * pageBytes - posBytes;
    const left = Math.min(countBytes, file.inode.sizeBytes - posBytes);
    return bytes < left ? bytes : left;
  }

  /**
   * filemap_splice_read: sendfile, splice, copy-up; a kernel without it reads instead.
   *
   * @param freeSlots  pages that the pipe takes before it is full
   */
  splice(file: OpenFile, posBytes: number, countBytes: number, freeSlots: number): void {
    const { sizeBytes } = file.inode;
    let left = Math.min(countBytes, freeSlots * pageBytes);
    if (!this.kernel.spliceReads) {
      this.read(file, posBytes, left);
      return;
    }
    let pos = posBytes;
    let slots = freeSlots;
    while (left > 0 && slots > 0 && pos < sizeBytes) {
      const first = pageOf(pos);
      const end = this.#cachedEnd(file, first, pos + left);
      // Each page, also one of which only a part is asked for, takes a slot.
      const pages = Math.min(end - first, slots);
      const bytes = Math.min((first + pages) * pageBytes - pos, left, sizeBytes - pos);
      slots -= pages;
      for (let page = first; page < first + pages; page++) this.#residency?.read(file.inode, page);
      pos += bytes;
      left -= bytes;
      file.prevPosBytes = pos;
    }
  }

  /**
   * filemap_fault: a fault on a file mapping that fault-around has not served.
   *
   * @param vmFlags  of the mapping
   * @param isRetry  the fault is taken again after I/O (FAULT_FLAG_TRIED)
   */
  fault(file: OpenFile, page: number, vmFlags: number, isRetry: boolean): void {
    this.#residency?.inFault((vmFlags & (vmFlag.SEQ_READ | vmFlag.RAND_READ)) === 0);
    this.#fault(file, page, vmFlags, isRetry);
    this.#residency?.inFault(false);
  }

  #fault(file: OpenFile, page: number, vmFlags: number, isRetry: boolean): void {
    const { inode } = file;
    if (page > inode.lastPage) return;
    if (inode.has(page)) {
      if (isRetry || (vmFlags & vmFlag.RAND_READ) !== 0 || file.raPages === 0) return;
      if (file.mmapMiss > 0) file.mmapMiss--;
      if (inode.isMarked(page)) this.#readahead.async(file, page, file.raPages);
      return;
    }
    this.#faultReadahead(file, page, vmFlags);
    if (!inode.has(page)) this.#fill.single(inode, page);
  }

  /**
   * filemap_map_pages: fault-around maps those of the pages [first, last] that are cached and have no mark, and puts
   * nothing in the cache. (It lowers mmap_miss also by pages that were mapped already.)
   */
  mapPages(file: OpenFile, first: number, last: number): void {
    const { inode } = file;
    const end = Math.min(last, inode.lastPage) + 1;
    let mapped = 0;
    for (let page = first; page < end; page++) if (inode.has(page) && !inode.isMarked(page)) mapped++;
    file.mmapMiss = Math.max(0, file.mmapMiss - mapped);
  }

  /** generic_fadvise: posix_fadvise(2), readahead(2), madvise(MADV_WILLNEED). */
  advise(file: OpenFile, offsetBytes: number, lengthBytes: number, what: number): void {
    switch (what) {
      case advice.NORMAL:
        file.raPages = file.inode.device.raPages;
        file.random = false;
        break;
      case advice.RANDOM:
        file.random = true;
        break;
      case advice.SEQUENTIAL:
        file.raPages = file.inode.device.raPages * 2;
        file.random = false;
        break;
      case advice.WILLNEED: {
        const first = pageOf(offsetBytes);
        const end = lengthBytes === 0 ? Number.MAX_SAFE_INTEGER : pagesIn(offsetBytes + lengthBytes);
        this.#readahead.forced(file, first, end - first);
        break;
      }
      default:
      // DONTNEED takes pages out, if nobody has them mapped or dirty: that is the caller's `remove`.
    }
  }

  /** do_read_cache_folio: the kernel reads one page for itself, e.g. a symlink's target. */
  readPage(inode: Inode, page: number): void {
    if (!inode.has(page)) this.#fill.single(inode, page);
  }

  /** generic_perform_write, in folios of one page, as file systems without large folios do; sets i_size. */
  write(inode: Inode, posBytes: number, countBytes: number): void {
    if (countBytes <= 0) return;
    const end = posBytes + countBytes;
    if (end > inode.sizeBytes) inode.sizeBytes = end;
    for (let page = pageOf(posBytes); page < pagesIn(end); page++) {
      if (!inode.has(page)) this.#fill.written(inode, page);
      this.#residency?.written(inode, page);
    }
  }

  /**
   * Most reads are of one page that is cached and has no mark, and only move the position. (A shortcut, for speed: the
   * long way does the same.)
   */
  #findsAll(inode: Inode, posBytes: number, countBytes: number): boolean {
    const page = pageOf(posBytes);
    const endBytes = posBytes + countBytes;
    return (
      this.#residency === undefined &&
      inode.isSingle(page) &&
      countBytes > 0 &&
      endBytes <= (page + 1) * pageBytes &&
      endBytes <= inode.sizeBytes
    );
  }

  /** filemap_get_pages: the page behind those that a read from page `first` to `endBytes` finds, with readahead. */
  #cachedEnd(file: OpenFile, first: number, endBytes: number): number {
    const { inode } = file;
    const { batchFolios } = this.kernel;
    const requestEnd = pagesIn(endBytes);
    let end = inode.batchEnd(first, requestEnd, batchFolios);
    if (end === first) {
      this.#readahead.sync(file, first, requestEnd - first);
      end = inode.batchEnd(first, requestEnd, batchFolios);
      if (end === first) {
        this.#fill.single(inode, first);
        return first + 1;
      }
    }
    // Only the last folio of a batch can have the mark.
    if (inode.isMarked(end - 1)) {
      const marked = inode.firstOf(end - 1);
      this.#readahead.async(file, marked, requestEnd - marked);
    }
    return end;
  }

  /** do_sync_mmap_readahead */
  #faultReadahead(file: OpenFile, page: number, vmFlags: number): void {
    const isRandom = (vmFlags & vmFlag.RAND_READ) !== 0;
    if ((vmFlags & vmFlag.HUGEPAGE) !== 0) {
      file.sizePages = isRandom ? hugePages : 2 * hugePages;
      file.asyncPages = hugePages;
      // The window's start stays where it was.
      this.#fill.window(file, page - (page % hugePages), hugeOrder);
      return;
    }
    if (isRandom || file.raPages === 0) return;
    if ((vmFlags & vmFlag.SEQ_READ) !== 0) {
      this.#readahead.sync(file, page, file.raPages);
      return;
    }
    if (file.mmapMiss < lotsOfMisses * 10) file.mmapMiss++;
    if (file.mmapMiss <= lotsOfMisses) this.#readahead.around(file, page);
  }
}
