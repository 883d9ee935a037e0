import { expect, test } from 'vitest';
import { pageRanges } from '../../../../sim/validate/page-ranges.ts';

test('pages as ranges, in their order', () => {
  expect(pageRanges([484, 485, 486, 209, 210, 7])).toBe('484-486 209-210 7');
  expect(pageRanges([3, 2, 1, 1])).toBe('3 2 1 1');
  expect(pageRanges([])).toBe('');
});
