import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestIncreasing } from '../../../../sim/workload/longest-increasing.ts';

/** Every subset, so only for short lists. */
function longestLength(values: readonly number[]): number {
  let longest = 0;
  for (let set = 0; set < 1 << values.length; set++) {
    const chosen = values.filter((_, i) => (set & (1 << i)) !== 0);
    const increases = chosen.every((value, i) => value >= 0 && (i === 0 || value > chosen[i - 1]!));
    if (increases) longest = Math.max(longest, chosen.length);
  }
  return longest;
}

test('as long as any increasing subsequence, in order, without negative values', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 8 }), { maxLength: 9 }), (values) => {
      const found = longestIncreasing(values);
      expect(found.length).toBe(longestLength(values));
      for (const [i, at] of found.entries()) {
        expect(values[at]).toBeGreaterThanOrEqual(0);
        if (i === 0) continue;
        expect(at).toBeGreaterThan(found[i - 1]!);
        expect(values[at]).toBeGreaterThan(values[found[i - 1]!]!);
      }
    }),
  );
});
