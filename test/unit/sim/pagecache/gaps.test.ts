import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextMiss, prevMiss } from '../../../../sim/pagecache/gaps.ts';
import { Inode } from '../../../../sim/pagecache/inode.ts';
import { linux61, linux612 } from '../../../../sim/pagecache/kernel.ts';
import { NaivePageCache, type NaiveInode } from '../../../support/naive-page-cache.ts';

const pages = 2048;

/** Folios of these orders one behind the other, each behind a gap of so many pages and aligned to its size. */
function layOut(folios: readonly { gap: number; order: number }[]): { inode: Inode; naive: NaiveInode } {
  const inode = new Inode(0, pages * 4096, { raPages: 32, ioPages: 32 }, true);
  const naive = { id: 0, sizeBytes: pages * 4096, large: true, raPages: 32, ioPages: 32, folios: new Map() };
  const cache = new NaivePageCache('6.12');
  let at = 0;
  for (const { gap, order } of folios) {
    at = Math.ceil((at + gap) / 2 ** order) * 2 ** order;
    inode.insert(at, order, false);
    cache.add(naive, at, order, false);
    at += 2 ** order;
  }
  return { inode, naive };
}

const folios = fc.array(
  fc.record({
    gap: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)),
    order: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(8) }),
  }),
  { maxLength: 60, size: 'max' },
);

test.each([linux61, linux612])('finds the gaps that the tree of $version finds', (kernel) => {
  fc.assert(
    fc.property(folios, fc.integer({ min: 1, max: 300 }), (laidOut, scan) => {
      const { inode, naive } = layOut(laidOut);
      const cache = new NaivePageCache(kernel.version);
      const end = Math.max(0, ...naive.folios.keys()) + 3;
      for (let page = 0; page < end; page += 1 + Math.floor(end / 50)) {
        expect([page, nextMiss(inode, page, scan, kernel)]).toEqual([
          page,
          cache.nextMiss(naive, page, scan),
        ]);
        expect([page, prevMiss(inode, page, scan)]).toEqual([page, cache.prevMiss(naive, page, scan)]);
      }
    }),
  );
});

test('from a single page both find the true gap', () => {
  const { inode } = layOut([
    { gap: 5, order: 0 },
    ...Array.from({ length: 9 }, () => ({ gap: 0, order: 0 })),
  ]);
  expect(nextMiss(inode, 5, 32, linux612)).toBe(15);
  expect(prevMiss(inode, 14, 32)).toBe(4);
});

test('without a gap in reach, 6.12 answers the page behind and 6.1 the last page looked at', () => {
  const { inode } = layOut(Array.from({ length: 20 }, () => ({ gap: 0, order: 0 })));
  expect(nextMiss(inode, 2, 8, linux612)).toBe(10);
  expect(nextMiss(inode, 2, 8, linux61)).toBe(9);
  expect(prevMiss(inode, 12, 8)).toBe(5);
  expect(prevMiss(inode, 5, 8)).toBe(-1);
});

// lib/xarray.c: xas_load sets xa_offset to the folio's first slot, xa_index stays; xas_next steps both. From page 7 of
// the folio [4, 8) the slot is 3 behind the index, so that the gap at 12 is met when the index says 15.
test('from within a large folio the index runs ahead of the slot by the distance to the first page', () => {
  const { inode } = layOut([
    { gap: 4, order: 2 },
    { gap: 0, order: 2 },
  ]);
  expect(nextMiss(inode, 4, 32, linux612)).toBe(12);
  expect(nextMiss(inode, 7, 32, linux612)).toBe(15);
  expect(prevMiss(inode, 11, 32)).toBe(6);
});
