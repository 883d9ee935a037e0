import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bounds, summarize, type Bound, type Cell } from '../../../sim/validate/bounds.ts';
import { checkPages } from '../../../sim/validate/pages.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { checkTimes } from '../../../sim/validate/times.ts';

// Recorded when the model was finished: what a prediction is worth elsewhere. apache and gcc then showed two mechanisms
// (who asks a server that listens waits; each of two reads of a chunk unpacks it). perl and r were recorded after that.
const heldOut = join(import.meta.dirname, '../../../golden/held-out');
const recordings = await findRecordings(heldOut);
const cells: Cell[] = [];
for (const recording of recordings) cells.push(...(await checkTimes(heldOut, recording)));

/**
 * Past the bound: two of gcc's reads in one chunk of cc1 came at the same time, and the snapshotter fetched twice what
 * both needed. As with node (validate.test.ts), in some starts and not in others.
 */
const twice = ['gcc lan1g crfs', 'gcc lan1g crfs-lazy', 'gcc wan100m crfs-lazy'];
const titleOf = ({ workload, net, system }: Cell) => `${workload} ${net} ${system}`;

/**
 * Files whose pages came in another order than predicted, or with the predicted one that did not come. Why is not known: in
 * r's traced start a touch of page 1 of libselinux reads page 32 ahead, on FUSE it did not.
 */
const others = [
  'r fuse /usr/lib/x86_64-linux-gnu/libselinux.so.1 32',
  'ruby readahead-16k /usr/lib/x86_64-linux-gnu/libc.so.6',
  'ruby readahead-64k /usr/lib/x86_64-linux-gnu/libc.so.6',
];

describe('workloads that the model was not made with', () => {
  it('are five, on two networks', () => {
    expect(recordings.map(({ workload }) => workload)).toEqual(['perl', 'apache', 'gcc', 'r', 'ruby']);
    expect(new Set(cells.map(({ net }) => net))).toEqual(new Set(['lan1g', 'wan100m']));
  });

  it.each(summarize(cells))('are predicted within the bounds of $metric', ({ metric, mean }) => {
    const bound: Bound = bounds[metric];
    expect(mean).toBeLessThanOrEqual(bound.mean ?? Infinity);
    const past = cells.filter(
      (cell) => cell.metric === metric && Math.abs(cell.error) > (bound.worst ?? Infinity),
    );
    expect(past.map(titleOf)).toEqual(metric.startsWith('registry.') ? twice : []);
    for (const { metric: counted, measured, predicted } of past)
      expect(measured - predicted).toBeLessThanOrEqual(counted === 'registry.requests' ? 1 : 1.5e6);
  });

  it.each(recordings)('have the pages that are predicted: $workload', async ({ folder, workload }) => {
    const found: string[] = [];
    for (const { start, comparison } of await checkPages(folder))
      for (const { path, missed, extra, sameOrder } of comparison.files) {
        expect(missed).toEqual([]);
        if (!sameOrder) found.push([workload, start, path, ...extra].join(' '));
      }
    expect(found).toEqual(others.filter((each) => each.startsWith(`${workload} `)));
  });
});
