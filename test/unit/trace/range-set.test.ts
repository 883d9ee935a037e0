import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocks,
  difference,
  intersection,
  RangeSet,
  total,
  type Ranges,
} from '../../../trio/trace/range-set.ts';

const size = 40;
const range = fc
  .tuple(fc.nat({ max: size }), fc.nat({ max: 12 }))
  .map(([start, length]) => [start, start + length]);
const list = fc.array(range as fc.Arbitrary<[number, number]>, { maxLength: 15 });

/** The set as the numbers in it. */
const numbers = (all: readonly (readonly [number, number])[]) =>
  new Set(all.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));
/** The one right list of ranges for a set of numbers. */
const rangesOf = (set: ReadonlySet<number>) => {
  const result: number[] = [];
  for (let n = 0; n <= size + 13; n++) if (set.has(n) !== set.has(n - 1)) result.push(n);
  return result;
};
const added = (all: readonly (readonly [number, number])[]): Ranges => {
  const set = new RangeSet();
  for (const [start, end] of all) set.add(start, end);
  return set.ranges;
};

describe('a set of ranges', () => {
  it('holds what was added, in as few ranges as can be', () => {
    fc.assert(
      fc.property(list, (all) => {
        expect(added(all)).toEqual(rangesOf(numbers(all)));
      }),
    );
  });

  it('says of each addition what is new, in order', () => {
    fc.assert(
      fc.property(list, (all) => {
        const set = new RangeSet();
        for (const [i, [start, end]] of all.entries()) {
          const before = numbers(all.slice(0, i));
          const fresh = new Set([...numbers([[start, end]])].filter((n) => !before.has(n)));
          const reported: number[] = [];
          set.add(start, end, (...part) => reported.push(...part));
          expect(reported).toEqual(rangesOf(fresh));
        }
      }),
    );
  });

  it('can be cut with another one, and counted', () => {
    fc.assert(
      fc.property(list, list, fc.integer({ min: 1, max: 7 }), (a, b, blockSize) => {
        const [inA, inB] = [numbers(a), numbers(b)];
        expect(intersection(added(a), added(b))).toEqual(
          rangesOf(new Set([...inA].filter((n) => inB.has(n)))),
        );
        expect(difference(added(a), added(b))).toEqual(
          rangesOf(new Set([...inA].filter((n) => !inB.has(n)))),
        );
        expect(total(added(a))).toBe(inA.size);
        expect(blocks(added(a), blockSize)).toBe(
          new Set([...inA].map((n) => Math.floor(n / blockSize))).size,
        );
      }),
    );
  });
});
