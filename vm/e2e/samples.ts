import jStat from 'jstat';
import seedrandom from 'seedrandom';
import { max, mean, median, min, sampleStandardDeviation } from 'simple-statistics';
import type { Perturbation } from '../guest/protocol.ts';
import type { Spread } from './figures.ts';

/** The perturbation of sample `index`; the same for every system, so that systems are compared alike. */
export function perturbation(seed: string, index: number): Perturbation {
  const draw = seedrandom(`${seed}/perturbation/${index}`);
  const upTo = (limit: number) => Math.floor(draw() * limit);
  return {
    delayNs: upTo(250e6),
    fileBytes: Array.from({ length: 1 + upTo(8) }, () => 1 + upTo(2 ** 20)),
    heldPages: upTo(4096),
  };
}

/** Statistics of at least two values. */
export function spread(values: readonly number[]): Spread {
  const all = [...values];
  const stddev = sampleStandardDeviation(all);
  const half = (jStat.studentt.inv(0.975, all.length - 1) * stddev) / Math.sqrt(all.length);
  const centre = mean(all);
  return { median: median(all), min: min(all), max: max(all), stddev, ci95: [centre - half, centre + half] };
}

/** Whether two intervals have no value in common: only then is a difference claimed. */
export function differs(a: Spread, b: Spread): boolean {
  return a.ci95[1] < b.ci95[0] || b.ci95[1] < a.ci95[0];
}
