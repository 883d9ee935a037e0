import { expect, test } from 'vitest';
import { Inode } from '../../../sim/pagecache/inode.ts';
import { linux612 } from '../../../sim/pagecache/kernel.ts';
import { OpenFile } from '../../../sim/pagecache/open-file.ts';
import { PageCache } from '../../../sim/pagecache/page-cache.ts';
import { millions, perSecond } from '../../support/rates.ts';

const files = 256;
const filePages = 1024;
const accesses = 1_000_000;
const page = 4096;

/** The same accesses for all: four in five go on in a file, one jumps. Made without chance, by a linear congruence. */
const [fileOf, pageOf] = (() => {
  const [fileOf, pageOf] = [new Int32Array(accesses), new Int32Array(accesses)];
  let state = 1;
  for (let i = 0; i < accesses; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const jumps = i === 0 || state >>> 24 < 51;
    fileOf[i] = jumps ? (state >>> 8) % files : fileOf[i - 1]!;
    pageOf[i] = jumps ? (state >>> 4) % filePages : (pageOf[i - 1]! + 1) % filePages;
  }
  return [fileOf, pageOf];
})();

function openFiles(): { cache: PageCache; open: OpenFile[] } {
  const cache = new PageCache(linux612);
  const device = { raPages: 32, ioPages: 320 };
  const open = Array.from(
    { length: files },
    (_, id) => new OpenFile(new Inode(id, filePages * page, device)),
  );
  return { cache, open };
}

test('page accesses', { timeout: 120_000 }, async ({ bench }) => {
  const lruPages = (files * filePages) / 2;
  const model = (cache: PageCache, open: OpenFile[], fault: boolean) => {
    for (let i = 0; i < accesses; i++) {
      const file = open[fileOf[i]!]!;
      if (fault) cache.fault(file, pageOf[i]!, 0x75, false);
      else cache.read(file, pageOf[i]! * page, page);
    }
    cache.insertions.clear();
  };
  const warm = openFiles();
  const result = await bench.compare(
    bench('reads of 4 KiB, beginning with an empty cache', () => {
      const { cache, open } = openFiles();
      model(cache, open, false);
    }),
    bench('faults, beginning with an empty cache', () => {
      const { cache, open } = openFiles();
      model(cache, open, true);
    }),
    bench('reads of 4 KiB of cached pages', () => model(warm.cache, warm.open, false)),
    bench('a plain LRU Map, half as large as the files', () => {
      const lru = new Map<number, true>();
      for (let i = 0; i < accesses; i++) {
        const key = fileOf[i]! * filePages + pageOf[i]!;
        if (!lru.delete(key) && lru.size === lruPages) lru.delete(lru.keys().next().value!);
        lru.set(key, true);
      }
    }),
  );
  const rates = (
    [
      'reads of 4 KiB, beginning with an empty cache',
      'faults, beginning with an empty cache',
      'reads of 4 KiB of cached pages',
      'a plain LRU Map, half as large as the files',
    ] as const
  ).map((name) => [name, perSecond(result.get(name), accesses)] as const);
  for (const [name, rate] of rates) console.log(`page accesses, ${name}: ${millions(rate)}`);
  for (const [, rate] of rates.slice(0, 3)) expect(rate).toBeGreaterThan(2e7);
});
