import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bounds, metrics, summarize, type Bound, type Cell } from '../../../sim/validate/bounds.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { checkTimes } from '../../../sim/validate/times.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);
const cells: Cell[] = [];
for (const recording of recordings) cells.push(...(await checkTimes(golden, recording)));
const summary = summarize(cells);
const worstOf = (metric: Cell['metric']): number => (bounds[metric] as Bound).worst ?? Infinity;

/**
 * Cells that are past the worst that is allowed, each with why.
 *
 * Ready of `full` takes 45 to 70 ms for these two, of which the program computes less than 35: what containerd, the shim
 * and the agent do for the first time just then is as much, and moves by 10 ms from start to start (nginx: 60.5, 71.8
 * and 61.5 ms on three networks that this phase does not use).
 */
const isShortReady = ({ system, metric, workload, measured }: Cell) =>
  metric === 'readyNs' && system === 'full' && ['nginx', 'redis'].includes(workload) && measured < 75e6;
/** In this one start, of 66 that are recorded, one of node's threads read a page more: one more chunk, 200 kB. */
const isOtherNode = ({ guest, workload, system, net, metric }: Cell) =>
  [guest, workload, system, net, metric].join() === 'debian-13,node,crfs-lazy,lan1g,registry.requests';

describe('predictions', () => {
  it('are held against every metric of the three systems that the VM measures', () => {
    expect(new Set(cells.map(({ system }) => system))).toEqual(new Set(['full', 'crfs', 'crfs-lazy']));
    expect(new Set(cells.map(({ metric }) => metric))).toEqual(new Set(metrics));
    expect(cells.length).toBeGreaterThan(300);
  });

  it.each(summary)('of $metric are as close as they must be on average', ({ mean, bound }) => {
    expect(mean).toBeLessThanOrEqual(bound.mean ?? Infinity);
  });

  it('are nowhere farther off than allowed, but where that is explained', () => {
    const past = cells.filter(({ metric, error }) => Math.abs(error) > worstOf(metric));
    expect(past.filter((cell) => !isShortReady(cell) && !isOtherNode(cell))).toEqual([]);
    for (const { measured, predicted } of past.filter(isShortReady))
      expect(Math.abs(predicted - measured)).toBeLessThan(25e6);
  });
});
