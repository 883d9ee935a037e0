/**
 * Windows worked out by hand from mm/readahead.c and mm/filemap.c (Debian's linux-source-6.1 and -6.12), each case
 * with the lines of reasoning. `read_ahead_kb` 128, the default: 32 pages.
 */
import { describe, expect, test } from 'vitest';
import { Inode } from '../../../../sim/pagecache/inode.ts';
import { origin } from '../../../../sim/pagecache/insertions.ts';
import { kernelOf, kernels, linux61, linux612 } from '../../../../sim/pagecache/kernel.ts';
import { OpenFile } from '../../../../sim/pagecache/open-file.ts';
import { advice, PageCache, vmFlag } from '../../../../sim/pagecache/page-cache.ts';
import { firstSizePages, nextSizePages } from '../../../../sim/pagecache/readahead.ts';

const page = 4096;
const plain = 0x75;

function open(
  kernel = linux612,
  options: { pages?: number; raPages?: number; ioPages?: number; large?: boolean } = {},
) {
  const { pages = 1000, raPages = 32, ioPages = 320, large = false } = options;
  const cache = new PageCache(kernel);
  const inode = new Inode(0, pages * page, { raPages, ioPages }, large);
  const file = new OpenFile(inode);
  /** Does it and tells what it inserted: a folio of one page as its number, a larger one as `first+pages`. */
  const inserted = (act: () => void): string => {
    cache.insertions.clear();
    act();
    const runs: string[] = [];
    let [first, last] = [-1, -1];
    const end = () => {
      if (first >= 0) runs.push(first === last ? `${first}` : `${first}-${last}`);
      first = -1;
    };
    for (let i = 0; i < cache.insertions.length; i++) {
      const at = cache.insertions.firstPage(i);
      const order = cache.insertions.order(i);
      if (order > 0) {
        end();
        runs.push(`${at}+${2 ** order}`);
        continue;
      }
      if (first < 0 || at !== last + 1) {
        end();
        first = at;
      }
      last = at;
    }
    end();
    return runs.join(' ');
  };
  const marks = (): number[] => {
    const marked: number[] = [];
    for (let i = 0; i <= inode.lastPage; i++) if (inode.isMarked(i) && inode.firstOf(i) === i) marked.push(i);
    return marked;
  };
  return { cache, inode, file, inserted, marks };
}

test('sizes of windows', () => {
  // The comment above get_init_ra_size: for 128 KiB, 1-2 pages make 16 KiB (by its arithmetic only 1 does: 2 pages,
  // 2 > 32/32, make 16 KiB by doubling), 3-4 32 KiB, 5-8 64 KiB, more than 8 128 KiB.
  expect([1, 2, 3, 4, 5, 8, 9, 32, 33].map((pages) => firstSizePages(pages, 32))).toEqual([
    ...[4, 4, 8, 8, 16, 16, 32, 32, 32],
  ]);
  // get_next_ra_size: below 32/16 by four, up to 16 by two, then the limit.
  expect([1, 2, 4, 8, 16, 17, 32].map((pages) => nextSizePages(pages, 32))).toEqual([
    4, 4, 8, 16, 32, 32, 32,
  ]);
});

describe('6.12', () => {
  test('sequential reads of a page: windows of 4, 8, 16, 32 pages, each opened at the mark of the one before', () => {
    const { cache, file, inserted, marks } = open();
    const windows: [atPage: number, inserted: string, mark: number | undefined][] = [];
    for (let i = 0; i < 64; i++) {
      const added = inserted(() => cache.read(file, i * page, page));
      if (added !== '') windows.push([i, added, marks()[0]]);
    }
    expect(windows).toEqual([
      // Page 0 missing: size 4 for a request of 1, mark where the request ends.
      [0, '0-3', 1],
      // A window that the mark opened has its own mark on its first page.
      [1, '4-11', 4],
      [4, '12-27', 12],
      [12, '28-59', 28],
      [28, '60-91', 60],
      [60, '92-123', 92],
    ]);
    expect(file).toMatchObject({ startPage: 92, sizePages: 32, asyncPages: 32, prevPosBytes: 64 * page });
  });

  test('a first read that takes all of its window: the mark is half way', () => {
    const { cache, file, inserted, marks } = open(linux612, { ioPages: 32 });
    // 32 pages asked for: size 32, async 16. The batch ends after the marked page 16, which opens 32-63.
    expect(inserted(() => cache.read(file, 0, 32 * page))).toBe('0-63');
    expect(marks()).toEqual([32]);
  });

  test('a read larger than read_ahead_kb goes up to io_pages at once', () => {
    const { cache, file, inserted } = open(linux612, { pages: 2000 });
    // Limit min(400, 320) = 320: size 320, async 160. The mark on 160 opens 320-639 (its limit is the rest, 240 pages,
    // but a window does not shrink), and the mark on 320, which the read reaches too, 640-959.
    expect(inserted(() => cache.read(file, 0, 400 * page))).toBe('0-959');
    expect(file).toMatchObject({ startPage: 640, sizePages: 320, asyncPages: 320 });
  });

  test('a read in the middle, away from the last: just what it asks for, and no window', () => {
    const { cache, file, inserted } = open();
    expect(inserted(() => cache.read(file, 500 * page, 3 * page))).toBe('500-502');
    expect(file).toMatchObject({ startPage: 0, sizePages: 0, prevPosBytes: 503 * page });
    // The next page is sequential now: a new window of 4.
    expect(inserted(() => cache.read(file, 503 * page, page))).toBe('503-506');
  });

  test('a missing page behind cached ones that another stream left: a window as long as they are', () => {
    const { cache, file, inode, inserted } = open();
    cache.read(file, 100 * page, 6 * page);
    const other = new OpenFile(inode);
    // 6 pages cached before page 106, more than the 2 asked for: size 6 + 2, the mark on its last page, as async is 1.
    expect(inserted(() => cache.read(other, 106 * page, 2 * page))).toBe('106-113');
    expect(other).toMatchObject({ startPage: 106, sizePages: 8, asyncPages: 1 });
  });

  test('the mark of another stream: the window goes to the next gap', () => {
    const { cache, file, inode, inserted } = open();
    cache.read(file, 0, page);
    const other = new OpenFile(inode);
    // Page 1 is marked by the first stream's window 0-3: the gap is at 4, old async size 3, request 1, next size of 4.
    expect(inserted(() => cache.read(other, page, page))).toBe('4-11');
    expect(other).toMatchObject({ startPage: 4, sizePages: 8, asyncPages: 8 });
  });

  test('nothing behind the end of the file, and the mark moves with the cut', () => {
    const { cache, file, inserted, marks } = open(linux612, { pages: 3 });
    // Size 4, async 3, but 3 pages left: the mark is on page 3 - 3 = 0, which the read itself hits. It is not where
    // the window has its mark (1), so the next window goes to the gap at 3, of next size of 3 + 1, where nothing is.
    expect(inserted(() => cache.read(file, 0, page))).toBe('0-2');
    expect(marks()).toEqual([]);
    expect(file).toMatchObject({ startPage: 3, sizePages: 8 });
  });

  test('read-around: the window has the missing page in its middle and the mark at three quarters', () => {
    const { cache, file, inserted, marks } = open();
    expect(inserted(() => cache.fault(file, 100, plain, false))).toBe('84-115');
    expect(marks()).toEqual([108]);
    expect(file).toMatchObject({ startPage: 84, sizePages: 32, asyncPages: 8, mmapMiss: 1 });
    // The repetition after the I/O (FAULT_FLAG_TRIED) changes nothing.
    cache.fault(file, 100, plain, true);
    expect(file.mmapMiss).toBe(1);
    // A fault on the mark: the window behind.
    expect(inserted(() => cache.fault(file, 108, plain, false))).toBe('116-147');
    expect(file).toMatchObject({ startPage: 116, sizePages: 32, asyncPages: 32, mmapMiss: 0 });
    // Near the beginning the window is not centred.
    expect(inserted(() => cache.fault(file, 5, plain, false))).toBe('0-31');
  });

  test('after a hundred misses a fault reads its page alone', () => {
    const { cache, file, inserted } = open(linux612, { pages: 20_000 });
    for (let i = 0; i < 100; i++) cache.fault(file, 100 * i + 50, plain, false);
    expect(file.mmapMiss).toBe(100);
    expect(inserted(() => cache.fault(file, 15_050, plain, false))).toBe('15050');
    expect(file.mmapMiss).toBe(101);
    // Fault-around counts the cached pages without a mark: of 15048-15051 one.
    cache.mapPages(file, 15_048, 15_051);
    expect(file.mmapMiss).toBe(100);
    // 10034-… : window 10034-10065 has its mark on 10058.
    expect(inserted(() => cache.mapPages(file, 9934, 9965))).toBe('');
    expect(file.mmapMiss).toBe(69);
  });

  test('MADV_RANDOM, MADV_SEQUENTIAL, MADV_HUGEPAGE', () => {
    const random = open();
    expect(random.inserted(() => random.cache.fault(random.file, 100, vmFlag.RAND_READ, false))).toBe('100');
    const sequential = open();
    // page_cache_sync_ra for 32 pages, not sequential to anything, no history: what was asked for.
    expect(
      sequential.inserted(() => sequential.cache.fault(sequential.file, 100, vmFlag.SEQ_READ, false)),
    ).toBe('100-131');
    const huge = open(linux612, { pages: 3000 });
    expect(huge.inserted(() => huge.cache.fault(huge.file, 700, vmFlag.HUGEPAGE, false))).toBe('512-1535');
    expect(huge.marks()).toEqual([1024]);
    const folios = open(linux612, { pages: 3000, large: true });
    expect(folios.inserted(() => folios.cache.fault(folios.file, 700, vmFlag.HUGEPAGE, false))).toBe(
      '512+512 1024+512',
    );
  });

  test('posix_fadvise', () => {
    const { cache, file, inserted } = open();
    cache.advise(file, 0, 0, advice.SEQUENTIAL);
    expect(file.raPages).toBe(64);
    cache.advise(file, 0, 0, advice.RANDOM);
    expect(inserted(() => cache.read(file, 0, page))).toBe('0');
    cache.advise(file, 0, 0, advice.NORMAL);
    expect(file).toMatchObject({ raPages: 32, random: false });
    // First and last page also if only a part is meant; no more than io_pages.
    expect(inserted(() => cache.advise(file, 100 * page + 1, page, advice.WILLNEED))).toBe('100-101');
    expect(inserted(() => cache.advise(file, 200 * page, 0, advice.WILLNEED))).toBe('200-519');
  });

  test('without readahead a read takes page by page', () => {
    const { cache, file, inserted } = open(linux612, { raPages: 0, ioPages: 0 });
    expect(inserted(() => cache.read(file, 10 * page, 3 * page))).toBe('10-12');
    expect([0, 1, 2].map((i) => cache.insertions.origin(i))).toEqual([
      origin.single,
      origin.single,
      origin.single,
    ]);
  });

  test('splice takes what the pipe has room for', () => {
    const { cache, file, inserted } = open();
    // 16 slots: a request of 16 pages makes a window of 32 (16 > 32/4), the mark on page 16, which is not reached.
    expect(inserted(() => cache.splice(file, 0, 100 * page, 16))).toBe('0-31');
    expect(file.prevPosBytes).toBe(16 * page);
  });

  test('large folios grow by two orders with each window', () => {
    const { cache, file, inserted } = open(linux612, { large: true });
    // Size 4, order 0 + 2. The mark, on page 1, is on the folio 0-3, which the read hits: 4-11 with order 4, which the
    // window's 8 pages cap to 3, alignment on page 4 to 2, and the window's end on page 8 to 2.
    expect(inserted(() => cache.read(file, 0, page))).toBe('0+4 4+4 8+4');
    expect(inserted(() => cache.read(file, page, page))).toBe('');
    // 12-27 with order 4, cut to 2, 3 and 2 likewise.
    expect(inserted(() => cache.read(file, 4 * page, page))).toBe('12+4 16+8 24+4');
  });

  test('requests to the file system end at pages that are there', () => {
    const { cache, file } = open();
    cache.read(file, 102 * page, page);
    cache.insertions.clear();
    cache.read(file, 100 * page, 6 * page);
    const { insertions } = cache;
    const all = Array.from({ length: insertions.length }, (_, i) => [
      insertions.firstPage(i),
      insertions.origin(i),
    ]);
    expect(all).toEqual([
      [100, origin.request],
      [101, origin.continued],
      [103, origin.request],
      [104, origin.continued],
      [105, origin.continued],
    ]);
  });
});

describe('6.1', () => {
  test('sequential reads of a page: as in 6.12', () => {
    const { cache, file, inserted } = open(linux61);
    const windows: string[] = [];
    for (let i = 0; i < 30; i++) windows.push(inserted(() => cache.read(file, i * page, page)));
    expect(windows.filter((w) => w !== '')).toEqual(['0-3', '4-11', '12-27', '28-59', '60-91']);
  });

  test('a first read that takes all of its window gets the next one at once', () => {
    const { cache, file, inserted } = open(linux61, { ioPages: 32 });
    // Size 4, async 4 would put the mark on page 0. 4 + 8 <= 32: size 12, async 8, the mark behind the request.
    expect(inserted(() => cache.read(file, 0, 4 * page))).toBe('0-7');
    expect(file).toMatchObject({ startPage: 0, sizePages: 8, asyncPages: 4 });
  });

  test('a marked page with everything behind it cached still moves the window', () => {
    const starts = kernels.map((kernel) => {
      const { cache, file, inode, inserted } = open(kernel);
      cache.read(file, 0, page);
      cache.advise(file, 0, 200 * page, advice.WILLNEED);
      const other = new OpenFile(inode);
      expect(inserted(() => cache.read(other, page, page))).toBe('');
      return other.startPage;
    });
    // 6.1: without a gap in 2-33 the answer is 33, where a window opens in which nothing is missing. 6.12 gives up.
    expect(starts).toEqual([33, 0]);
  });

  test('the page right behind the window is sequential', () => {
    const { cache, file, inserted } = open(linux61);
    cache.fault(file, 100, plain, false);
    // Window 84-115; page 116 by read: 6.1 takes it as expected, and merges the next window.
    expect(inserted(() => cache.read(file, 116 * page, page))).toBe('116-147');
    const other = open();
    other.cache.fault(other.file, 100, plain, false);
    // 6.12: 32 cached pages before it, of which it looks at 32: at most min(32 + 1, 32), async 1.
    expect(other.inserted(() => other.cache.read(other.file, 116 * page, page))).toBe('116-147');
    expect([file.asyncPages, other.file.asyncPages]).toEqual([16, 1]);
  });

  test('batches of 15 folios, in 6.12 of 31', () => {
    const bytes = kernels.map((kernel) => {
      const { cache, file } = open(kernel);
      cache.write(file.inode, 0, 100 * page);
      return cache.readBatch(file, 0, 100 * page);
    });
    expect(bytes).toEqual([15 * page, 31 * page]);
  });
});

test('a kernel is known by its release', () => {
  expect(kernelOf('6.12.107+deb13-amd64')).toBe(linux612);
  expect(kernelOf('6.1.0-37-amd64')).toBe(linux61);
  expect(kernelOf('6.1')).toBe(linux61);
  expect(kernelOf('6.6.0-98.0.0.103.oe2503.x86_64')).toBeUndefined();
  expect(kernelOf('6.120.1')).toBeUndefined();
});
