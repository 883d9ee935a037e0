import { describe, expect, it } from 'vitest';
import { Randomness } from '../../../../sim/engine/random.ts';
import { inTreeOrder } from '../../../../sim/systems/file-order.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const paths = ['/a', '/b/1', '/b/2', '/b/c/3', '/b/c/4', '/d/5', '/d/6', '/e'];
const image = syntheticImage(
  1,
  paths.map((path) => ({ path, bytes: 1 })),
);
const order = (seed: string) =>
  inTreeOrder(image.regularFiles(), new Randomness(seed).stream('test')).map(({ path }) => path);

describe('the order of a walk through hash maps', () => {
  const orders = Array.from({ length: 50 }, (_, seed) => order(`${seed}`));

  it('has every file once, and the files of a folder together', () => {
    for (const found of orders) {
      expect(found.toSorted()).toEqual(paths);
      for (const folder of ['/b/', '/b/c/', '/d/']) {
        const places = found.flatMap((path, i) => (path.startsWith(folder) ? i : []));
        expect(places.at(-1)! - places[0]!).toBe(places.length - 1);
      }
    }
  });

  it('is another one with another seed, and the same with the same', () => {
    expect(new Set(orders.map((found) => found.join())).size).toBeGreaterThan(40);
    expect(order('7')).toEqual(orders[7]);
  });
});
