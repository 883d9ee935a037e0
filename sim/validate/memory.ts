import { join } from 'node:path';
import { mean } from 'simple-statistics';
import { TrioError } from '../../trio/errors.ts';
import { countReclaimed, type ReclaimedPages } from '../../trio/trace/reclaimed-pages.ts';
import { loadRetouched, readMemoryRecording } from '../input/load-retouched.ts';
import { kernelOf } from '../pagecache/kernel.ts';
import { MemoryGroup } from '../reclaim/memory-group.ts';
import { PageSteps } from '../workload/page-steps.ts';
import type { Program } from '../workload/program.ts';

/** By how much the pages that come in again may be off. */
export const refaultBound = 0.1;

/**
 * Starts with about half the page cache that they would have filled, what came of them and what was said; in pages of the
 * image's files.
 */
export interface MemoryCheck {
  readonly kernelRelease: string;
  /** Of the start `limited`, with half. */
  readonly limitPages: number;
  readonly recorded: ReclaimedPages;
  /** The mean of what is predicted from each start whose touches were seen again. */
  readonly predicted: ReclaimedPages;
  /** Of refaults: predicted over recorded, less one. */
  readonly error: number;
  /** Of that start and of those with a little less and a little more. */
  readonly mean: {
    readonly starts: number;
    readonly recorded: ReclaimedPages;
    readonly predicted: ReclaimedPages;
    readonly error: number;
    /** Pages that come in again: of each of the starts; and their mean as it is predicted from each recording. */
    readonly refaultPages: { readonly recorded: readonly number[]; readonly predicted: readonly number[] };
  };
}

/**
 * Holds the model of reclaim against the recordings of starts with too little memory (a folder in golden/), predicted
 * from some that had enough.
 *
 * @throws TrioError `NO_MEMORY_RECORDING`, `UNKNOWN_KERNEL`, and those of reading traces
 */
export async function checkMemory(folder: string): Promise<MemoryCheck> {
  const { limitPages, near, retouched } = await readMemoryRecording(folder);
  const programs: Program[] = [];
  for (const number of retouched.keys()) programs.push(await loadRetouched(folder, number));
  const starts = [{ limitPages, ...(await countReclaimed(join(folder, 'limited.pages.zst'))) }, ...near];
  /** By recording, and by limit. */
  const predicted = programs.map((program) =>
    starts.map((start) => predictReclaim(program, start.limitPages)),
  );
  const half = { recorded: starts[0]!, predicted: meanOf(predicted.map(([first]) => first!)) };
  const means = { recorded: meanOf(starts), predicted: meanOf(predicted.flat()) };
  const refaultPages = {
    recorded: starts.map((start) => start.refaultPages),
    predicted: predicted.map((each) => meanOf(each).refaultPages),
  };
  return {
    ...{ kernelRelease: programs[0]!.kernelRelease, limitPages, ...half, error: errorOf(half) },
    mean: { starts: starts.length, ...means, error: errorOf(means), refaultPages },
  };
}

function meanOf(all: readonly ReclaimedPages[]): ReclaimedPages {
  return {
    evictedPages: mean(all.map(({ evictedPages }) => evictedPages)),
    refaultPages: mean(all.map(({ refaultPages }) => refaultPages)),
  };
}

function errorOf({ recorded, predicted }: Record<'recorded' | 'predicted', ReclaimedPages>): number {
  return predicted.refaultPages / recorded.refaultPages - 1;
}

/** What a program's pages would do in so much memory, on the settings that it was recorded with. */
export function predictReclaim(program: Program, limitPages: number): ReclaimedPages {
  const kernel = kernelOf(program.kernelRelease);
  if (!kernel) throw new TrioError('UNKNOWN_KERNEL', `there is no model of Linux ${program.kernelRelease}`);
  const sum = { evictedPages: 0, refaultPages: 0 };
  const isOfImage = ({ id }: { readonly id: number }) => {
    const file = program.files[id];
    return file?.path !== undefined && file.ofImage;
  };
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
