import type { Inode } from './inode.ts';
import type { Tables } from './page-tables.ts';

/** Decides what stays in memory, for which it is told of all that happens to pages. Without one, all stay. */
export interface Residency {
  /** A folio is about to come into the cache; others may leave it now. */
  admit(inode: Inode, first: number, order: number): void;
  /** mark_folio_accessed: a cached page was read. */
  read(inode: Inode, page: number): void;
  /** A cached page was written. */
  written(inode: Inode, page: number): void;
  /** Whether what comes in from now on is for a fault. */
  inFault(is: boolean): void;
}

/** Memory with a limit, whose page tables know what was accessed. */
export interface LimitedMemory extends Residency {
  readonly tables: Tables;
  /** Pages that cannot leave, from now on. */
  setOtherPages(pages: number): void;
  /** A block of a file system was looked up; it is in that page of a device, unless the page is of another cgroup. */
  lookedUp(block: number, inode: Inode | undefined, page: number): void;
  /** Somebody took a page out of the cache. */
  remove(inode: Inode, page: number): void;
}
