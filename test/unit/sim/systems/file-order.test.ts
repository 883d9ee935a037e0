import { describe, expect, it } from 'vitest';
import { Randomness } from '../../../../sim/engine/random.ts';
import { inWalkOrder } from '../../../../sim/systems/file-order.ts';
import type { LayerFolder } from '../../../../sim/systems/image.ts';

/** A file that is known by where its chunk begins. */
const file = (offset: number) => ({
  chunks: [{ position: 0, bytes: 1, offset, compressedBytes: 1 }],
});
const inner: LayerFolder = { entries: [file(3), file(4)] };
const tree: LayerFolder = {
  entries: [file(0), { entries: [file(1), file(2), inner] }, { entries: [file(5), file(6)] }, file(7)],
};
const order = (seed: string) =>
  inWalkOrder(tree, new Randomness(seed).stream('test')).map(({ chunks }) => chunks[0]!.offset);

describe("the order of a walk through a layer's folders", () => {
  const orders = Array.from({ length: 200 }, (_, seed) => order(`${seed}`));

  it('has every file once, and the files of a folder together', () => {
    for (const found of orders) {
      expect(found.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const folder of [
        [1, 2, 3, 4],
        [3, 4],
        [5, 6],
      ]) {
        const places = folder.map((offset) => found.indexOf(offset));
        expect(Math.max(...places) - Math.min(...places)).toBe(folder.length - 1);
      }
    }
  });

  it('begins anywhere in each folder, and is the same with the same seed', () => {
    const firstOf = (folder: readonly number[]) =>
      new Set(orders.map((found) => found.find((offset) => folder.includes(offset))));
    expect(firstOf([0, 1, 2, 3, 4, 5, 6, 7]).size).toBeGreaterThan(4);
    expect(firstOf([1, 2]).size).toBe(2);
    expect(firstOf([3, 4]).size).toBe(2);
    expect(firstOf([5, 6]).size).toBe(2);
    expect(order('7')).toEqual(orders[7]);
  });
});
