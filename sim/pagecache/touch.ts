import { pagesIn } from './page.ts';
import { vmFlag, type PageCache } from './page-cache.ts';
import type { OpenFile } from './open-file.ts';
import { tablePages, touchFlag, type Tables, type Touch } from './page-tables.ts';

/**
 * handle_pte_fault for file mappings: nothing if the page is mapped; else fault-around, then the fault, and all of it
 * again after I/O, for which the locks are let go.
 *
 * @param faultAroundPages  fault_around_bytes in pages; 1: none
 */
export function touch(
  cache: PageCache,
  tables: Tables,
  file: OpenFile,
  access: Touch,
  faultAroundPages: number,
): void {
  const { index, addressPage, vmFlags, flags } = access;
  if (tables.touch(access)) return;
  const { inode } = file;
  const mayRetry = (flags & touchFlag.ALLOW_RETRY) !== 0;
  let underVmaLock = (flags & touchFlag.VMA_LOCK) !== 0;
  let isRetry = false;
  for (;;) {
    // A write to a private mapping copies the page that it faults on, alone.
    if ((flags & touchFlag.WRITE) === 0 && faultAroundPages > 1) {
      faultAround(cache, tables, file, access, faultAroundPages);
      if (tables.touch(access)) return;
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
  tables.add(access, addressPage, inode, index);
}

/** do_fault_around: the aligned block around the page, within its mapping and its page table. */
function faultAround(
  cache: PageCache,
  tables: Tables,
  file: OpenFile,
  access: Touch,
  blockPages: number,
): void {
  const { index, addressPage, vmStartPage, vmEndPage } = access;
  const inTable = addressPage % tablePages;
  const inMapping = addressPage - vmStartPage;
  const from = Math.max(inTable - (inTable % blockPages), inTable - Math.min(inTable, inMapping));
  const end = Math.min(from + blockPages, tablePages, inTable + vmEndPage - addressPage);
  const first = index + from - inTable;
  const last = index + end - 1 - inTable;
  cache.mapPages(file, first, last);
  const { inode } = file;
  for (let page = first; page <= last && page < pagesIn(inode.sizeBytes); page++)
    if (inode.has(page) && !inode.isMarked(page)) tables.add(access, addressPage + page - index, inode, page);
}
