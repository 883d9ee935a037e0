import { describe, expect, it } from 'vitest';
import { Randomness } from '../../../../sim/engine/random.ts';
import { goMapOrder } from '../../../../sim/systems/go-map-order.ts';

const ranges = 20_000;

/**
 * What go-map-order.go prints with Go 1.26.8, of 20 000 maps each: in how many orders `range` came by so many entries,
 * how often by the first one first, and how often by the next one that was put in behind one.
 */
const ofGo = [
  { entries: 3, orders: 3, first: 0.748, next: 0.874 },
  { entries: 6, orders: 6, first: 0.373, next: 0.875 },
  { entries: 8, orders: 8, first: 0.12, next: 0.874 },
  { entries: 10, orders: 4598, first: 0.283, next: 0.47 },
  { entries: 19, orders: 20_000, first: 0.13, next: 0.238 },
];

describe("the order of a Go map's entries", () => {
  it.each(ofGo)('is as often what it is in Go: $entries', ({ entries, orders, first, next }) => {
    const random = new Randomness('map').stream('order');
    const keys = Array.from({ length: entries }, (_, i) => i);
    const found = Array.from({ length: ranges }, () => goMapOrder(keys, random));
    for (const order of found) expect(order.toSorted((a, b) => a - b)).toEqual(keys);
    const isLike = (is: number, inGo: number) => expect(Math.abs(is - inGo)).toBeLessThan(0.02);
    isLike(new Set(found.map((order) => order.join())).size / orders, 1);
    isLike(found.filter(([key]) => key === 0).length / ranges, first);
    const pairs = found.flatMap((order) => order.slice(1).map((key, i) => key === order[i]! + 1));
    isLike(pairs.filter(Boolean).length / pairs.length, next);
  });

  it('is the same with the same seed, whatever the entries are', () => {
    const order = <T>(entries: readonly T[]) => goMapOrder(entries, new Randomness('1').stream('order'));
    const letters = 'abcdefghijklmnop'.split('');
    expect(order(letters)).toEqual(order(letters));
    expect(order(letters.map((letter) => ({ letter }))).map(({ letter }) => letter)).toEqual(order(letters));
    expect(order([])).toEqual([]);
  });
});
