import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { solve } from '../../../../sim/published/solve.ts';

it('finds where a function that grows or falls has a value', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.constantFrom(-2, -1, -0.5, 0.5, 1, 2),
      fc.double({ min: 0, max: 5, noNaN: true }),
      (x, from, power, offset) => {
        const valueAt = (at: number) => offset + at ** power;
        expect(valueAt(solve(valueAt, from, valueAt(x))) / valueAt(x)).toBeCloseTo(1, 2);
      },
    ),
  );
});

it('gives the best that it has seen where the value is not reached', () => {
  expect(solve(() => 3, 1, 4)).toBeGreaterThan(0);
  const reached = solve((x) => Math.min(x, 5), 1, 10);
  expect(Math.min(reached, 5)).toBeCloseTo(5, 6);
});
