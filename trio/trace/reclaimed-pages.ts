import { sources } from './read.ts';
import type { PageRecord } from './record-views.ts';
import { decodeRecords } from './rich-trace.ts';
import { openTrace } from './trace-file.ts';

/** Pages that left the page cache for want of memory, and that came in again. */
export interface ReclaimedPages {
  readonly evictedPages: number;
  readonly refaultPages: number;
}

/**
 * Counts them in a rich trace of a start with too little memory.
 *
 * @param takes  which insertions and deletions count; all if left out
 * @throws TrioError as `decodeRecords`
 */
export async function countReclaimed(
  path: string,
  takes: (record: PageRecord) => boolean = () => true,
): Promise<ReclaimedPages> {
  const gone = new Set<string>();
  let refaultPages = 0;
  let evictedPages = 0;
  const key = ({ dev, ino, index }: PageRecord) => `${dev} ${ino} ${index}`;
  await decodeRecords(sources(await openTrace(path)), {
    insert(record) {
      if (takes(record) && gone.delete(key(record))) refaultPages += 2 ** record.order;
    },
    delete(record) {
      if (!takes(record)) return;
      gone.add(key(record));
      evictedPages += 2 ** record.order;
    },
  });
  return { evictedPages, refaultPages };
}
