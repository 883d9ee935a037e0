import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inode } from '../../../../sim/pagecache/inode.ts';
import { kernels, type Kernel } from '../../../../sim/pagecache/kernel.ts';
import { OpenFile } from '../../../../sim/pagecache/open-file.ts';
import { PageCache } from '../../../../sim/pagecache/page-cache.ts';
import { NaivePageCache, type NaiveFile, type NaiveInode } from '../../../support/naive-page-cache.ts';

/** A file of the random histories. */
interface Setting {
  sizeBytes: number;
  large: boolean;
  raPages: number;
  ioPages: number;
}

type Operation =
  | { do: 'read' | 'splice'; file: number; pos: number; count: number; slots: number }
  | { do: 'sequential'; file: number; count: number }
  | { do: 'fault'; file: number; page: number; vmFlags: number; isRetry: boolean }
  | { do: 'map'; file: number; page: number; pages: number }
  | { do: 'advise'; file: number; pos: number; count: number; what: number }
  | { do: 'write'; file: number; pos: number; count: number }
  | { do: 'remove'; file: number; page: number };

const filePages = 1400;
// Files are opened twice, so that two streams meet in one file.
const filesCount = 2;
const file = fc.nat(2 * filesCount - 1);
const page = fc.oneof(fc.nat(filePages), fc.nat(80));
const pos = fc.oneof(
  page.map((p) => p * 4096),
  fc.nat(filePages * 4096),
);
const count = fc.oneof(
  fc.constant(4096),
  fc.nat(12).map((n) => 2 ** n * 512),
  fc.nat(700_000),
);

const setting: fc.Arbitrary<Setting> = fc.record({
  sizeBytes: fc.nat(filePages * 4096),
  large: fc.boolean(),
  raPages: fc.oneof(fc.constantFrom(0, 1, 4, 16, 32, 64, 128), fc.nat(70)),
  ioPages: fc.constantFrom(0, 32, 320),
});
const vmFlags = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0x75) },
  { weight: 1, arbitrary: fc.constantFrom(0x8000, 0x10000, 0x20000000, 0x20010000) },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), file, pos, count, slots: fc.constant(0) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sequential' as const), file, count }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('splice' as const), file, pos, count, slots: fc.nat(20) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('fault' as const), file, page, vmFlags, isRetry: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('map' as const), file, page, pages: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advise' as const), file, pos, count, what: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), file, pos, count }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), file, page }) },
);
const history = fc.record({
  settings: fc.array(setting, { minLength: filesCount, maxLength: filesCount }),
  operations: fc.array(operation, { maxLength: 60, size: 'max' }),
});

/** The model and the naive one, doing the same. */
class Pair {
  readonly cache: PageCache;
  readonly naive: NaivePageCache;
  readonly inodes: Inode[];
  readonly naiveInodes: NaiveInode[];
  readonly files: OpenFile[];
  readonly naiveFiles: NaiveFile[];

  constructor(kernel: Kernel, settings: Setting[]) {
    this.cache = new PageCache(kernel);
    this.naive = new NaivePageCache(kernel.version);
    this.inodes = settings.map(
      (s, id) => new Inode(id, s.sizeBytes, { raPages: s.raPages, ioPages: s.ioPages }, s.large),
    );
    this.naiveInodes = settings.map((s, id) => ({ ...s, id, folios: new Map() }));
    this.files = [...this.inodes, ...this.inodes].map((inode) => new OpenFile(inode));
    this.naiveFiles = [...this.naiveInodes, ...this.naiveInodes].map((inode) => ({
      ...{ inode, start: 0, size: 0, async: 0, raPages: inode.raPages, miss: 0, prev: -1, random: false },
    }));
  }

  run(op: Operation): void {
    const { cache, naive } = this;
    const one = this.files[op.file]!;
    const other = this.naiveFiles[op.file]!;
    cache.insertions.clear();
    naive.out.length = 0;
    switch (op.do) {
      case 'read':
        cache.read(one, op.pos, op.count);
        naive.read(other, op.pos, op.count);
        break;
      case 'sequential': {
        const at = Math.max(0, other.prev);
        cache.read(one, at, op.count);
        naive.read(other, at, op.count);
        break;
      }
      case 'splice':
        cache.splice(one, op.pos, op.count, op.slots);
        naive.splice(other, op.pos, op.count, op.slots);
        break;
      case 'fault':
        cache.fault(one, op.page, op.vmFlags, op.isRetry);
        naive.fault(other, op.page, op.vmFlags, op.isRetry);
        break;
      case 'map':
        cache.mapPages(one, op.page, op.page + op.pages);
        naive.mapPages(other, op.page, op.page + op.pages);
        break;
      case 'advise':
        cache.advise(one, op.pos, op.count, op.what);
        naive.advise(other, op.pos, op.count, op.what);
        break;
      case 'write':
        cache.write(one.inode, op.pos, op.count);
        naive.write(other.inode, op.pos, op.count);
        break;
      case 'remove':
        one.inode.remove(op.page);
        naive.drop(other.inode, op.page);
        break;
    }
  }

  inserted(): [number, number, number][] {
    const { insertions } = this.cache;
    return Array.from({ length: insertions.length }, (_, i) => [
      insertions.inode(i),
      insertions.firstPage(i),
      insertions.order(i),
    ]);
  }
}

/** The pages that an operation has needed. */
function touchedPages(op: Operation, inode: Inode): number[] {
  if (op.do === 'fault') return op.page <= inode.lastPage ? [op.page] : [];
  if (op.do !== 'read' || op.count === 0 || op.pos >= inode.sizeBytes) return [];
  const first = Math.floor(op.pos / 4096);
  const end = Math.ceil(Math.min(op.pos + op.count, inode.sizeBytes) / 4096);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

const state = (f: OpenFile) => [
  f.startPage,
  f.sizePages,
  f.asyncPages,
  f.raPages,
  f.mmapMiss,
  f.prevPosBytes,
];
const naiveState = (f: NaiveFile) => [f.start, f.size, f.async, f.raPages, f.miss, f.prev];

describe.each(kernels)('kernel $version', (kernel) => {
  test('inserts what the naive model inserts, in its order and with its states', () => {
    fc.assert(
      fc.property(history, ({ settings, operations }) => {
        const pair = new Pair(kernel, settings);
        for (const op of operations) {
          pair.run(op);
          expect(pair.inserted()).toEqual(pair.naive.out);
          expect(pair.files.map(state)).toEqual(pair.naiveFiles.map(naiveState));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('no folio twice while cached, none behind the end of the file, all that was read is there', () => {
    fc.assert(
      fc.property(history, ({ settings, operations }) => {
        const pair = new Pair(kernel, settings);
        const cached = pair.inodes.map(() => new Map<number, number>());
        for (const op of operations) {
          if (op.do === 'remove') {
            const { inode } = pair.files[op.file]!;
            if (inode.has(op.page)) {
              const first = inode.firstOf(op.page);
              for (let i = 0; i < 2 ** inode.orderOf(op.page); i++) cached[inode.id]!.delete(first + i);
            }
          }
          pair.run(op);
          for (const [id, first, order] of pair.inserted()) {
            const pages = Array.from({ length: 2 ** order }, (_, i) => first + i);
            expect(pages.filter((p) => cached[id]!.has(p) || p > pair.inodes[id]!.lastPage)).toEqual([]);
            for (const p of pages) cached[id]!.set(p, order);
          }
          const { inode } = pair.files[op.file]!;
          expect(touchedPages(op, inode).filter((p) => !inode.has(p))).toEqual([]);
          expect(pair.inodes.map(({ cachedPages }) => cachedPages)).toEqual(cached.map(({ size }) => size));
        }
      }),
      { numRuns: 100 },
    );
  });
});
