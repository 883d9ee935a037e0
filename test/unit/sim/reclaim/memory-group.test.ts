import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inode } from '../../../../sim/pagecache/inode.ts';
import { kernels, linux61, linux612, type Kernel } from '../../../../sim/pagecache/kernel.ts';
import { OpenFile } from '../../../../sim/pagecache/open-file.ts';
import { PageCache } from '../../../../sim/pagecache/page-cache.ts';
import { touch } from '../../../../sim/pagecache/touch.ts';
import { MemoryGroup } from '../../../../sim/reclaim/memory-group.ts';

const pageBytes = 4096;
const executable = 0x75;

/** Files without readahead in a group of so many pages. */
class Machine {
  readonly cache: PageCache;
  readonly group: MemoryGroup;
  readonly files: readonly OpenFile[];
  refaultPages = 0;
  evictedPages = 0;

  constructor(kernel: Kernel, limitPages: number, filePages: readonly number[]) {
    this.group = new MemoryGroup(limitPages, kernel, {
      refaulted: (_, pages) => (this.refaultPages += pages),
      evicted: (_, pages) => (this.evictedPages += pages),
    });
    this.cache = new PageCache(kernel, this.group);
    this.files = filePages.map((pages, id) => {
      const file = new OpenFile(new Inode(id, pages * pageBytes, { raPages: 0, ioPages: 0 }));
      file.random = true;
      return file;
    });
  }

  read(file: number, page: number): void {
    const open = this.files[file]!;
    this.cache.read(open, page * pageBytes, pageBytes);
    open.prevPosBytes = -1;
    this.cache.insertions.clear();
  }

  touch(file: number, page: number, vmFlags = executable): void {
    const open = this.files[file]!;
    const vmStartPage = 512 * 1000 * (file + 1);
    const vmEndPage = vmStartPage + open.inode.lastPage + 1;
    const access = { index: page, mmId: 1, addressPage: vmStartPage + page, vmStartPage, vmEndPage, vmFlags };
    touch(this.cache, this.group.tables, open, { ...access, flags: 4 }, 1);
    this.cache.insertions.clear();
  }

  has(file: number, page: number): boolean {
    return this.files[file]!.inode.has(page);
  }

  get cachedPages(): number {
    return this.files.reduce((sum, { inode }) => sum + inode.cachedPages, 0);
  }
}

describe.each(kernels)('a memory group on Linux $version', (kernel) => {
  it('takes pages out only when there are too many', () => {
    const machine = new Machine(kernel, 300, [1000]);
    for (let page = 0; page < 300; page++) machine.read(0, page);
    expect(machine.evictedPages).toBe(0);
    machine.read(0, 300);
    expect(machine.evictedPages).toBeGreaterThan(0);
    expect(machine.has(0, 0)).toBe(false);
    expect(machine.has(0, 300)).toBe(true);
  });

  it('holds on to the 16 blocks of file systems that were looked up last, whosever they are', () => {
    const keptAfter = (othersLookedUp: number) => {
      const machine = new Machine(kernel, 300, [32, 20_000]);
      const { inode } = machine.files[0]!;
      for (let page = 0; page < 32; page++) {
        machine.group.admit(inode, page, 0);
        inode.insert(page, 0, false);
        machine.group.lookedUp(page, inode, page);
      }
      for (let block = 0; block < othersLookedUp; block++)
        machine.group.lookedUp(1000 + block, undefined, block);
      for (let page = 0; page < 1000; page++) machine.read(1, page);
      return Array.from({ length: 32 }, (_, page) => page).filter((page) => machine.has(0, page));
    };
    expect(keptAfter(0)).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
    expect(keptAfter(12)).toEqual([28, 29, 30, 31]);
    expect(keptAfter(16)).toEqual([]);
  });

  it('keeps what is read again and again over what is read once', () => {
    const machine = new Machine(kernel, 1000, [200, 20_000]);
    for (let round = 0; round < 100; round++) {
      for (let page = 0; page < 200; page++) machine.read(0, page);
      for (let page = 0; page < 200; page++) machine.read(1, 200 * round + page);
    }
    const kept = Array.from({ length: 200 }, (_, page) => machine.has(0, page)).filter(Boolean).length;
    expect(kept).toBe(200);
    expect(machine.refaultPages).toBeLessThan(400);
  });

  it('keeps a program that runs over files that are read once', () => {
    const machine = new Machine(kernel, 1000, [200, 20_000]);
    for (let round = 0; round < 100; round++) {
      for (let page = 0; page < 200; page++) machine.touch(0, page);
      for (let page = 0; page < 200; page++) machine.read(1, 200 * round + page);
    }
    expect(machine.refaultPages).toBe(0);
  });

  it('makes room for what is no page cache, and says when it cannot', () => {
    const machine = new Machine(kernel, 1000, [1000]);
    for (let page = 0; page < 900; page++) machine.read(0, page);
    machine.group.setOtherPages(600);
    expect(machine.group.filePages).toBeLessThanOrEqual(400);
    expect(() => machine.group.setOtherPages(1001)).toThrow(/would be killed: of 3\.9 MiB/);
    const killed = new Machine(kernel, 10, [10]);
    expect(() => killed.group.setOtherPages(11)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  });

  it('never has more than its limit, and knows all that it has', () => {
    const operation = fc.record({
      file: fc.nat(2),
      page: fc.nat(150),
      how: fc.constantFrom('read', 'touch', 'write', 'remove', 'unmap', 'other'),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 120, max: 400 }),
        fc.array(operation, { maxLength: 2000 }),
        (limit, operations) => {
          const machine = new Machine(kernel, limit, [151, 151, 151]);
          let other = 0;
          for (const { file, page, how } of operations) {
            const { inode } = machine.files[file]!;
            if (how === 'read') machine.read(file, page);
            else if (how === 'touch') machine.touch(file, page);
            else if (how === 'write' && file === 2 && page < 20)
              machine.cache.write(inode, page * pageBytes, 1);
            else if (how === 'remove') {
              machine.group.remove(inode, page);
              inode.remove(page);
            } else if (how === 'unmap') {
              const start = 512 * 1000 * (file + 1);
              machine.group.tables.unmap(1, start + page, start + page + 20);
            } else if (how === 'other') machine.group.setOtherPages((other = page % 60));
            expect(machine.group.filePages).toBe(machine.cachedPages);
            expect(machine.group.filePages + other).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });
});

// mm/workingset.c: a page that comes again before as many others have gone as are active is active at once.
it('the two lists take a page that comes again soon for a used one', () => {
  const machine = new Machine(linux61, 400, [200, 20_000]);
  for (let round = 0; round < 2; round++) for (let page = 0; page < 200; page++) machine.read(0, page);
  for (let page = 0; page < 250; page++) machine.read(1, page);
  const [gone] = Array.from({ length: 250 }, (_, page) => page).filter((page) => !machine.has(1, page));
  machine.read(1, gone!);
  for (let page = 300; page < 600; page++) machine.read(1, page);
  expect(machine.has(1, gone!)).toBe(true);
  expect(machine.has(1, 249)).toBe(false);
});

// lru_gen_add_folio: what a fault brings is of the youngest generation, what a read brings of an old one.
it('generations keep what a fault brought over what a read brought', () => {
  const machine = new Machine(linux612, 400, [1000, 1000]);
  for (let page = 0; page < 150; page++) machine.touch(0, page);
  for (let page = 0; page < 800; page++) machine.read(1, page);
  for (let page = 0; page < 150; page++) expect(machine.has(0, page)).toBe(true);
});
