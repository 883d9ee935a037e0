import fc from 'fast-check';
import { expect, it } from 'vitest';
import { listeningStep } from '../../../../sim/workload/listening.ts';

const times = (shares: readonly number[]) => ({
  cpuNs: Float64Array.from(shares, () => 1e6),
  othersNs: Float64Array.from(shares, (share) => share * 1e6),
});
const step = (shares: readonly number[], from = 0, to = shares.length) =>
  listeningStep(times(shares), { from, to, share: 0.1 });
const asked = fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { maxLength: 50 });
const listens = fc.array(fc.double({ min: 0, max: 0.05, noNaN: true }), { maxLength: 50 });

it('is where others stop to have a share', () => {
  fc.assert(
    fc.property(asked, listens, (before, after) => {
      const all = [...before, ...after];
      expect(step(all)).toBe(before.length);
    }),
  );
});

it('is not before the first step, nor behind the last', () => {
  expect(step([0, 0, 0, 0], 1, 3)).toBe(1);
  expect(step([0.3, 0.3, 0.3, 0], 1, 3)).toBe(3);
});

it('is not moved by a pause, nor by a short load behind it', () => {
  expect(step([0.3, 0, 0.3, 0.3, 0, 0, 0, 0.3, 0, 0])).toBe(4);
});
