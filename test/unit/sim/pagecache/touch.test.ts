import { expect, test } from 'vitest';
import { Inode } from '../../../../sim/pagecache/inode.ts';
import { linux612 } from '../../../../sim/pagecache/kernel.ts';
import { OpenFile } from '../../../../sim/pagecache/open-file.ts';
import { PageCache } from '../../../../sim/pagecache/page-cache.ts';
import { PageTables } from '../../../../sim/pagecache/page-tables.ts';
import { touch } from '../../../../sim/pagecache/touch.ts';

const tableStart = 512 * 1000;

/** Touches a page of a file of 100 cached pages, mapped at `vmStartPage`; tells which of its pages are mapped then. */
function mapped(options: { vmStartPage: number; index: number; write?: boolean; marked?: number }): number[] {
  const { vmStartPage, index, write = false, marked = -1 } = options;
  const inode = new Inode(0, 100 * 4096, { raPages: 32, ioPages: 32 });
  for (let page = 0; page < 100; page++) inode.insert(page, 0, page === marked);
  const tables = new PageTables();
  const access = {
    ...{ index, mmId: 1, addressPage: vmStartPage + index, vmStartPage, vmEndPage: vmStartPage + 100 },
    ...{ vmFlags: 0x75, flags: (write ? 1 : 0) | 4 },
  };
  touch(new PageCache(linux612), tables, new OpenFile(inode), access, 16);
  return Array.from({ length: 100 }, (_, page) => page).filter((page) => tables.has(1, vmStartPage + page));
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

// do_fault_around, mm/memory.c: the block of 16 addresses, aligned, clamped to the mapping and to the page table.
test('fault-around maps the aligned block', () => {
  expect(mapped({ vmStartPage: tableStart, index: 37 })).toEqual(range(32, 47));
  expect(mapped({ vmStartPage: tableStart + 3, index: 37 })).toEqual(range(29, 44));
});

test('but nothing before or behind the mapping, or in another page table', () => {
  expect(mapped({ vmStartPage: tableStart + 3, index: 5 })).toEqual(range(0, 15));
  expect(mapped({ vmStartPage: tableStart, index: 98 })).toEqual(range(96, 99));
  // The mapping begins 7 pages before the table's end: sixteen from there, of which the table holds seven.
  expect(mapped({ vmStartPage: tableStart + 505, index: 2 })).toEqual(range(0, 6));
});

test('not around a write, and not a marked page', () => {
  expect(mapped({ vmStartPage: tableStart, index: 37, write: true })).toEqual([37]);
  expect(mapped({ vmStartPage: tableStart, index: 37, marked: 40 })).toEqual([
    ...range(32, 39),
    ...range(41, 47),
  ]);
});
