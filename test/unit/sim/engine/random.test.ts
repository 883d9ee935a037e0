import { expect, test } from 'vitest';
import { Randomness } from '../../../../sim/engine/random.ts';

const draws = (randomness: Randomness, purpose: string, count: number): number[] => {
  const stream = randomness.stream(purpose);
  return Array.from({ length: count }, () => stream.uniform());
};

test('the same seed and purpose draw the same, another seed or purpose something else', () => {
  expect(draws(new Randomness('7'), 'disk', 5)).toEqual(draws(new Randomness('7'), 'disk', 5));
  expect(draws(new Randomness('7'), 'disk', 5)).not.toEqual(draws(new Randomness('8'), 'disk', 5));
  expect(draws(new Randomness('7'), 'disk', 5)).not.toEqual(draws(new Randomness('7'), 'net', 5));
});

test('more draws for one purpose do not move those of another', () => {
  const alone = draws(new Randomness('7'), 'disk', 5);
  const randomness = new Randomness('7');
  const net = randomness.stream('net');
  const disk = randomness.stream('disk');
  const mixed = alone.map(() => {
    for (let i = 0; i < 3; i++) net.uniform();
    return disk.uniform();
  });
  expect(mixed).toEqual(alone);
});

// What these draws are must not change with the version of Node or seedrandom: results name their seed.
test('draws are pinned', () => {
  const stream = new Randomness('trio').stream('network');
  expect([stream.below(1000), stream.below(1000), stream.below(1000), stream.below(1000)])
    .toMatchInlineSnapshot(`
    [
      880,
      656,
      4,
      266,
    ]
  `);
});

test('seed and purpose cannot be mistaken for another pair, and a purpose has one user', () => {
  expect(draws(new Randomness('a'), 'b c', 1)).not.toEqual(draws(new Randomness('a b'), 'c', 1));
  const randomness = new Randomness('7');
  randomness.stream('disk');
  expect(() => randomness.stream('disk')).toThrow("a random stream for 'disk' already");
});
