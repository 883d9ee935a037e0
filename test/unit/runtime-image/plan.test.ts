import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MergedView } from '../../../trio/image/merged-view.ts';
import { planData } from '../../../trio/image/plan.ts';
import { OrderedRanges } from '../../../trio/image/ordered-ranges.ts';
import { Recording } from '../../../trio/image/recording.ts';
import { directory, file, memoryRootfs } from './memory-rootfs.ts';

const access = fc.record({ file: fc.nat(2), offset: fc.nat(20 * 4096), length: fc.nat(3 * 4096) });
const sizes = [20 * 4096, 5 * 4096 + 1, 1];

/** Per file, its pages and when each was first touched: page by page, access by access. */
function touched(accesses: readonly { file: number; offset: number; length: number }[]) {
  const pages = sizes.map(() => new Map<number, number>());
  for (const [order, { file: at, offset, length }] of accesses.entries())
    for (let byte = offset; byte < Math.min(offset + length, sizes[at]!); byte++) {
      const page = Math.floor(byte / 4096);
      if (!pages[at]!.has(page)) pages[at]!.set(page, order);
    }
  return pages;
}

it.each(['first-access', 'published'] as const)('plans every touched page once, in %s order', (order) => {
  fc.assert(
    fc.property(fc.array(access, { maxLength: 30 }), (accesses) => {
      const root = directory();
      const nodes = sizes.map((size, i) => {
        const node = file(size);
        root.add(`f${i}`, node);
        return node;
      });
      const recording = new Recording(new MergedView(memoryRootfs(root)));
      for (const { file: at, offset, length } of accesses)
        recording.access(recording.file(`/f${at}`), 1, offset, length);
      const plan = planData(recording.files(), order);

      const expected = touched(accesses);
      const planned = sizes.map(() => new Set<number>());
      const firsts: number[] = [];
      let dataPage = 0;
      for (const extent of plan.extents) {
        const at = nodes.indexOf(extent.node);
        expect(extent.dataPage).toBe(dataPage);
        dataPage += extent.pageCount;
        const pages = Array.from({ length: extent.pageCount }, (_, i) => extent.filePage + i);
        for (const page of pages) planned[at]!.add(page);
        const ofFile = [...expected[at]!.values()];
        const ofRun = pages.map((page) => expected[at]!.get(page) ?? NaN);
        firsts.push(Math.min(...(order === 'published' ? ofFile : ofRun)));
      }
      expect(planned).toEqual(expected.map((pages) => new Set([...pages.keys()].sort((a, b) => a - b))));
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      expect(dataPage).toBe(plan.pages);
    }),
  );
});

it('cuts long runs where a reader checks them', () => {
  const ranges = new OrderedRanges();
  ranges.add(200, 600, 0);
  const node = file(600 * 4096);
  const { extents } = planData([{ node, layer: 0, ranges }], 'first-access');
  expect(extents.map(({ filePage, pageCount, dataPage }) => [filePage, pageCount, dataPage])).toEqual([
    [200, 56, 0],
    [256, 256, 56],
    [512, 88, 312],
  ]);
});
