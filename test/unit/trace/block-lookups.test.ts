import { expect, it } from 'vitest';
import { parseLookups } from '../../../trio/trace/block-lookups.ts';

const recorded = { schema: 'trio.block-lookups/1', atUs: [5, 5, 9], device: [1, 1, 2], page: [7, 8, 7] };

it('reads what was recorded', () => {
  expect(parseLookups(JSON.stringify(recorded), 'x')).toEqual(recorded);
});

it.each([
  ['another version', { ...recorded, schema: 'trio.block-lookups/2' }, /schema/],
  ['a column that is too short', { ...recorded, page: [7] }, /differ in length/],
  ['times that go back', { ...recorded, atUs: [5, 9, 8] }, /not in order/],
  ['a negative page', { ...recorded, page: [7, -8, 7] }, /page/],
])('refuses %s', (_, bad, why) => {
  const read = () => parseLookups(JSON.stringify(bad), 'retouch-1.lookups.json.zst');
  expect(read).toThrow(expect.objectContaining({ code: 'BAD_RECORDING' }));
  expect(read).toThrow(new RegExp(`^retouch-1.lookups.json.zst: .*${why.source}`, 's'));
});

it('refuses what is no JSON', () => {
  expect(() => parseLookups('{', 'x')).toThrow(/^x: is no JSON$/);
});
