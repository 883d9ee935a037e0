import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Randomness } from '../../../../sim/engine/random.ts';
import { Parameters } from '../../../../sim/parameters/parameters.ts';
import { parseAxis } from '../../../../sim/sweep/axis.ts';
import { permutation } from '../../../../sim/sweep/permutation.ts';
import { grid, latinHypercube, type Points } from '../../../../sim/sweep/points.ts';

const source = { kind: 'chosen', why: 'a test' } as const;
const parameters = Parameters.of(
  [
    { name: 'a.ns', unit: 'ns', what: 'any', value: 1, source },
    { name: 'b.cores', unit: 'cores', what: 'whole', value: 1, min: 1, max: 64, isInteger: true, source },
  ],
  new Map(),
);
const axis = (text: string) => parseAxis(text, parameters);
const valuesOf = (text: string) => {
  const read = axis(text);
  return Array.from({ length: read.count }, (_, i) => read.at(i));
};
const all = (points: Points) => Array.from({ length: points.count }, (_, i) => points.at(i));

describe('a range', () => {
  test.for([
    ['a.ns=0:1:5', [0, 0.25, 0.5, 0.75, 1]],
    ['a.ns=10:0:3', [10, 5, 0]],
    ['a.ns=7:9:1', [7]],
    ['a.ns=0.1:0.3:3', [0.1, 0.2, 0.3]],
    ['a.ns=log:1:1e6:4', [1, 100, 1e4, 1e6]],
    ['a.ns=3,1,2', [3, 1, 2]],
    ['b.cores=1:4:3', [1, 3, 4]],
  ] as const)('%s', ([text, values]) => {
    expect(valuesOf(text)).toEqual(values);
  });

  test.for([
    ['a.ns', 'BAD_SWEEP', 'no range'],
    ['a.ns=', 'BAD_SWEEP', 'no range'],
    ['a.ns=1:', 'BAD_SWEEP', '"" is no number'],
    ['a.ns=1:2:x', 'BAD_SWEEP', '"x" is no number'],
    ['a.ns=1:2:0', 'BAD_SWEEP', 'STEPS'],
    ['a.ns=1:2:1.5', 'BAD_SWEEP', 'STEPS'],
    ['a.ns=1:2:3:4', 'BAD_SWEEP', 'too many parts'],
    ['a.ns=log:0:2:3', 'BAD_SWEEP', 'positive'],
    ['a.ns=1,,2', 'BAD_SWEEP', '"" is no number'],
    ['c=1:2:3', 'UNKNOWN_PARAMETER', 'there is no parameter "c"'],
    ['b.cores=1:65:3', 'BAD_PARAMETER', 'from 1 to 64'],
    ['b.cores=1,1.5', 'BAD_PARAMETER', 'a whole number'],
  ] as const)('refuses %s', ([text, code, why]) => {
    const refusal = { code, exitCode: 2, message: expect.stringContaining(why) as string };
    expect(() => axis(text)).toThrow(expect.objectContaining(refusal) as Error);
  });
});

test('a grid has every value with every other, the last axis changing fastest', () => {
  const points = all(grid([axis('a.ns=1,2'), axis('b.cores=1:3:3')]));
  expect(points.map((settings) => settings.map(([, value]) => value))).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 1],
    [2, 2],
    [2, 3],
  ]);
  expect(() => grid([axis('a.ns=1:2')])).toThrow('a.ns needs STEPS');
});

test('a Latin hypercube has one point in each part of each range', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.string(), (count, seed) => {
      const points = all(latinHypercube([axis('a.ns=0:1'), axis('b.cores=1,2')], count, seed));
      const parts = points.map(([first]) => Math.floor(first![1] * count));
      expect(parts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      const ones = points.filter(([, second]) => second![1] === 1).length;
      // The part in the middle of an odd number lies in both halves.
      expect(Math.abs(ones - count / 2)).toBeLessThanOrEqual(0.5);
    }),
    { numRuns: 50 },
  );
});

test('what meets what is drawn by the seed, and the ranges do not follow each other', () => {
  const axes = [axis('a.ns=0:1'), axis('b.cores=1:64')];
  const of = (seed: string) => all(latinHypercube(axes, 64, seed));
  expect(of('one')).toEqual(of('one'));
  expect(of('one')).not.toEqual(of('two'));
  const [xs, ys] = [0, 1].map((i) => of('one').map((settings) => settings[i]![1])) as [number[], number[]];
  expect(Math.abs(correlation(xs, ys))).toBeLessThan(0.4);
});

test('a permutation has each number once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.string(), (count, seed) => {
      const permuted = permutation(count, new Randomness(seed).stream('test'));
      const numbers = new Set(Array.from({ length: count }, (_, i) => permuted(i)));
      expect(numbers.size).toBe(count);
      expect(Math.max(...numbers)).toBe(count - 1);
    }),
    { numRuns: 50 },
  );
});

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [x, y] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((value, i) => (value - x) * (ys[i]! - y)));
  return covariance / Math.sqrt(mean(xs.map((v) => (v - x) ** 2)) * mean(ys.map((v) => (v - y) ** 2)));
}
