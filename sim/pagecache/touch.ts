import { pagesIn } from './page.ts';
import { vmFlag, type PageCache } from './page-cache.ts';
import type { OpenFile } from './open-file.ts';
import { tablePages, type PageTables } from './page-tables.ts';

/** enum fault_flag */
const faultFlag = { WRITE: 1, ALLOW_RETRY: 4, VMA_LOCK: 0x1000 } as const;

/** A program's touch of a page of a file that it has mapped. Addresses are in pages. */
export interface Touch {
  readonly index: number;
  readonly mmId: number;
  readonly addressPage: number;
  readonly vmStartPage: number;
  readonly vmEndPage: number;
  readonly vmFlags: number;
  /** enum fault_flag, of the fault that it would be. */
  readonly flags: number;
}

/**
 * handle_pte_fault for file mappings: nothing if the page is mapped; else fault-around, then the fault, and all of it
 * again after I/O, for which the locks are let go.
 *
 * @param faultAroundPages  fault_around_bytes in pages; 1: none
 */
export function touch(
  cache: PageCache,
  tables: PageTables,
  file: OpenFile,
  access: Touch,
  faultAroundPages: number,
): void {
  const { index, mmId, addressPage, vmFlags, flags } = access;
  if (tables.has(mmId, addressPage)) return;
  const { inode } = file;
  const mayRetry = (flags & faultFlag.ALLOW_RETRY) !== 0;
  let underVmaLock = (flags & faultFlag.VMA_LOCK) !== 0;
  let isRetry = false;
  for (;;) {
    // A write to a private mapping copies the page that it faults on, alone.
    if ((flags & faultFlag.WRITE) === 0 && faultAroundPages > 1) {
      faultAround(cache, tables, file, access, faultAroundPages);
      if (tables.has(mmId, addressPage)) return;
    }
    const isMissing = !inode.has(index);
    const readsAhead =
      !isRetry && (vmFlags & vmFlag.RAND_READ) === 0 && file.raPages > 0 && inode.isMarked(index);
    cache.fault(file, index, vmFlags, isRetry);
    if (!(isMissing || readsAhead) || !mayRetry || isRetry) break;
    // Under the lock of the mapping alone the first repetition does not count as one: it is taken anew under the
    // address space's lock.
    isRetry = isMissing || !underVmaLock;
    underVmaLock = false;
  }
  tables.add(mmId, addressPage);
}

/** do_fault_around: the aligned block around the page, within its mapping and its page table. */
function faultAround(
  cache: PageCache,
  tables: PageTables,
  file: OpenFile,
  access: Touch,
  blockPages: number,
): void {
  const { index, mmId, addressPage, vmStartPage, vmEndPage } = access;
  const inTable = addressPage % tablePages;
  const inMapping = addressPage - vmStartPage;
  const from = Math.max(inTable - (inTable % blockPages), inTable - Math.min(inTable, inMapping));
  const end = Math.min(from + blockPages, tablePages, inTable + vmEndPage - addressPage);
  const first = index + from - inTable;
  const last = index + end - 1 - inTable;
  cache.mapPages(file, first, last);
  const { inode } = file;
  for (let page = first; page <= last && page < pagesIn(inode.sizeBytes); page++)
    if (inode.has(page) && !inode.isMarked(page)) tables.add(mmId, addressPage + page - index);
}
