import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { sources } from '../../trio/trace/read.ts';
import type { PageRecord } from '../../trio/trace/record-views.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { loadRetouched } from '../input/load-retouched.ts';
import { kernelOf } from '../pagecache/kernel.ts';
import { MemoryGroup } from '../reclaim/memory-group.ts';
import { PageSteps } from '../workload/page-steps.ts';
import type { Program } from '../workload/program.ts';

/** By how much the pages that come in again may be off. */
export const refaultBound = 0.1;

/** Pages of the image's files that left the page cache for want of memory, and that came in again. */
export interface Reclaimed {
  readonly evictedPages: number;
  readonly refaultPages: number;
}

/** The start `limited`, which had half the page cache that it would have filled: what came of it, and what was said. */
export interface MemoryCheck {
  readonly kernelRelease: string;
  readonly limitPages: number;
  readonly recorded: Reclaimed;
  readonly predicted: Reclaimed;
  /** Of refaults: predicted over recorded, less one. */
  readonly error: number;
}

/**
 * Holds the model of reclaim against the recording of a start with too little memory (a folder in golden/), predicted
 * from one that had enough.
 *
 * @throws TrioError `NO_MEMORY_RECORDING`, `UNKNOWN_KERNEL`, and those of reading traces
 */
export async function checkMemory(folder: string): Promise<MemoryCheck> {
  const { program, recorded } = await loadRetouched(folder);
  const { limitPages } = recorded;
  const happened = await recordedReclaim(join(folder, 'limited.pages.zst'));
  const predicted = predictReclaim(program, limitPages);
  return {
    ...{ kernelRelease: program.kernelRelease, limitPages, recorded: happened, predicted },
    error: predicted.refaultPages / happened.refaultPages - 1,
  };
}

/** What a program's pages would do in so much memory, on the settings that it was recorded with. */
export function predictReclaim(program: Program, limitPages: number): Reclaimed {
  const kernel = kernelOf(program.kernelRelease);
  if (!kernel) throw new TrioError('UNKNOWN_KERNEL', `there is no model of Linux ${program.kernelRelease}`);
  const sum = { evictedPages: 0, refaultPages: 0 };
  const isOfImage = (inode: { readonly id: number }) => program.files[inode.id]?.ofImage ?? false;
  const memory = new MemoryGroup(limitPages, kernel, {
    evicted: (inode, pages) => (sum.evictedPages += isOfImage(inode) ? pages : 0),
    refaulted: (inode, pages) => (sum.refaultPages += isOfImage(inode) ? pages : 0),
  });
  const steps = new PageSteps(program, { kernel, faultAroundPages: 16, memory });
  for (let step = 0; step < program.steps; step++) {
    steps.step(step);
    steps.cache.insertions.clear();
  }
  return sum;
}

async function recordedReclaim(path: string): Promise<Reclaimed> {
  const gone = new Set<string>();
  let refaultPages = 0;
  let evictedPages = 0;
  const key = ({ dev, ino, index }: PageRecord) => `${dev} ${ino} ${index}`;
  await decodeRecords(sources(await openTrace(path)), {
    insert(record) {
      if (gone.delete(key(record))) refaultPages += 2 ** record.order;
    },
    delete(record) {
      gone.add(key(record));
      evictedPages += 2 ** record.order;
    },
  });
  return { evictedPages, refaultPages };
}
