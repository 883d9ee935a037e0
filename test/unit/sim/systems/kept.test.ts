import { expect, it } from 'vitest';
import { Parameters } from '../../../../sim/parameters/parameters.ts';
import { parameterDefinitions } from '../../../../sim/systems/index.ts';
import { kept, type Reads } from '../../../../sim/systems/kept.ts';

const measured = new Map(parameterDefinitions.map(({ name }) => [name, 1]));
const parameters = Parameters.of(parameterDefinitions, measured);

it('is made once for the same things and values, and anew for others', () => {
  let made = 0;
  const sizeOf = kept((a: { n: number }, b: { n: number }, reads) => {
    made++;
    return a.n + b.n + reads('stargz.regionBytes');
  });
  const [a, b] = [{ n: 1 }, { n: 2 }];
  expect([sizeOf(a, b, parameters), sizeOf(a, b, parameters), made]).toEqual([50_003, 50_003, 1]);
  // Reads nothing of this one.
  expect([sizeOf(a, b, parameters.with([['nydus.chunkBytes', 8192]])), made]).toEqual([50_003, 1]);
  expect([sizeOf(a, b, parameters.with([['stargz.regionBytes', 512]])), made]).toEqual([515, 2]);
  expect([sizeOf(a, b, parameters), made]).toEqual([50_003, 3]);
  expect([sizeOf(a, { n: 2 }, parameters), sizeOf({ n: 1 }, b, parameters), made]).toEqual([
    50_003, 50_003, 5,
  ]);
});

it('does not let a parameter be read when it is kept already', () => {
  const late = kept((_: object, __: object, reads): { read: Reads } => ({ read: reads }));
  const thing = {};
  expect(() => late(thing, thing, parameters).read('stargz.regionBytes')).toThrow('too late');
});
