import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageTables } from '../../../../sim/pagecache/page-tables.ts';

const first = 0x7f0000000 - 600;
const page = fc.nat(1800).map((p) => first + p);
const mm = fc.nat(2);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), mm, page, end: page }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unmap' as const), mm, page, end: page }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('copy' as const), mm, page, end: page }) },
);

test('page tables are sets of pages', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), (operations) => {
      const tables = new PageTables();
      const naive = [0, 1, 2].map(() => new Set<number>());
      for (const { do: what, mm: space, page: start, end } of operations) {
        const to = (space + 1) % 3;
        const inRange = [...naive[space]!].filter((p) => p >= start && p < end);
        if (what === 'add') {
          tables.add({ mmId: space }, start);
          naive[space]!.add(start);
        } else if (what === 'unmap') {
          tables.unmap(space, start, end);
          for (const p of inRange) naive[space]!.delete(p);
        } else {
          tables.copy(space, to, start, end);
          for (const p of inRange) naive[to]!.add(p);
        }
      }
      for (const [space, pages] of naive.entries()) {
        const has = Array.from({ length: 1801 }, (_, p) => first + p).filter((p) => tables.has(space, p));
        expect(has).toEqual([...pages].toSorted((a, b) => a - b));
      }
    }),
  );
});
