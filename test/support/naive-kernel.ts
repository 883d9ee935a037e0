import { NaivePageCache, type NaiveFile, type NaiveInode } from './naive-page-cache.ts';
import { StreamWriter, type Members } from './trace-writer.ts';

/** What a program does: its files by number, its mappings by the file mapped and where. */
export type Step =
  | { do: 'open'; file: number }
  | { do: 'read'; open: number; pos: number; count: number }
  | { do: 'splice'; open: number; pos: number; count: number }
  | { do: 'advise'; open: number; pos: number; count: number; advice: number }
  | { do: 'touch'; mm: number; open: number; page: number; write: boolean; vmaLock: boolean }
  | { do: 'fork'; from: number; to: number; hasAnon: boolean }
  | { do: 'unmap'; mm: number; open: number; first: number; pages: number }
  | { do: 'evict'; file: number; page: number };

export interface NaiveSettings {
  readonly version: '6.1' | '6.12';
  readonly raPages: number;
  readonly ioPages: number;
  readonly large: boolean;
  readonly faultAroundPages: number;
}

const dev = 0x10300001;
const kernelAddress = 0xffff888000000000n;

/**
 * A kernel that runs programs on the naive page cache, with sets of addresses for page tables, and writes the rich
 * trace of it as rio_tracker would. Each open file is mapped as a whole, at an address of its own in every space.
 */
export class NaiveKernel {
  readonly writer: StreamWriter;
  /** Per file, the folios inserted by the program. */
  readonly inserted: string[][];
  readonly #cache: NaivePageCache;
  readonly #inodes: NaiveInode[];
  readonly open: NaiveFile[] = [];
  readonly #mapped = new Map<number, Set<number>>();
  readonly #settings: NaiveSettings;

  constructor(settings: NaiveSettings, filesBytes: readonly number[]) {
    this.#settings = settings;
    this.#cache = new NaivePageCache(settings.version);
    const { raPages, ioPages, large } = settings;
    this.#inodes = filesBytes.map((sizeBytes, id) => ({
      ...{ id, sizeBytes, raPages, ioPages, large, folios: new Map() },
    }));
    this.inserted = filesBytes.map(() => []);
    this.writer = new StreamWriter({
      kernel_release: `${settings.version}.0-test`,
      fault_around_bytes: settings.faultAroundPages * 4096,
    });
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) this.#step(step);
  }

  /** Puts pages in the cache as another task would, before the program comes. */
  warm(file: number, pages: readonly number[]): void {
    for (const index of pages) {
      if (this.#inodes[file]!.folios.has(index)) continue;
      this.#cache.add(this.#inodes[file]!, index, 0, false);
      this.writer.add('INSERT', { dev, ino: 100 + file, index, tid: 999, tgid: 999 });
    }
    this.#cache.out.length = 0;
  }

  #step(step: Step): void {
    switch (step.do) {
      case 'open': {
        const inode = this.#inodes[step.file]!;
        const at = {
          inode,
          start: 0,
          size: 0,
          async: 0,
          raPages: inode.raPages,
          miss: 0,
          prev: -1,
          random: false,
        };
        this.open.push(at);
        const path = `/file-${step.file}`;
        const flags = inode.large ? 1 : 0;
        this.#add('OPEN', at, { path, bdi_ra_pages: inode.raPages, flags, fs_magic: 0xef53 });
        return;
      }
      case 'read':
      case 'splice':
      case 'advise': {
        const file = this.open[step.open];
        if (!file) return;
        const where = { pos: step.pos, count: step.count };
        if (step.do === 'read') {
          this.#add('READ', file, where);
          this.#cache.read(file, step.pos, step.count);
        } else if (step.do === 'splice') {
          this.#add('SPLICE', file, { ...where, pipe_slots_free: 16 });
          this.#cache.splice(file, step.pos, step.count, 16);
        } else {
          this.#add('ADVISE', file, { ...where, advice: step.advice });
          this.#cache.advise(file, step.pos, step.count, step.advice);
        }
        this.#collect();
        return;
      }
      case 'touch':
        this.#touch(step);
        return;
      case 'fork':
        this.writer.add('COPY_MM', {
          ...{ from_mm: mmAddress(step.from), to_mm: mmAddress(step.to), start: 0, end: 2n ** 48n },
          has_anon: Number(step.hasAnon),
        });
        if (step.hasAnon) for (const page of this.#space(step.from)) this.#space(step.to).add(page);
        return;
      case 'unmap': {
        const start = mapStart(step.open) + step.first;
        const end = start + step.pages;
        this.writer.add('UNMAP', { mm: mmAddress(step.mm), start: start * 4096, end: end * 4096 });
        for (let page = start; page < end; page++) this.#space(step.mm).delete(page);
        return;
      }
      case 'evict': {
        const inode = this.#inodes[step.file]!;
        const folio = inode.folios.get(step.page);
        if (!folio) return;
        this.#cache.drop(inode, step.page);
        const ino = 100 + step.file;
        this.writer.add('DELETE', { dev, ino, index: folio.first, order: folio.order, tid: 999, tgid: 999 });
        return;
      }
    }
  }

  /** handle_mm_fault for a page of a file: fault-around, the fault, and again after I/O. */
  #touch({ mm, open, page, write, vmaLock }: Step & { do: 'touch' }): void {
    const file = this.open[open];
    if (!file || page >= Math.ceil(file.inode.sizeBytes / 4096)) return;
    const start = mapStart(open);
    const filePages = Math.ceil(file.inode.sizeBytes / 4096);
    const address = start + page;
    const mapped = this.#space(mm);
    if (mapped.has(address)) return;
    let tried = false;
    let lock = vmaLock;
    for (;;) {
      const block = this.#settings.faultAroundPages;
      if (!write && block > 1) {
        // The block of addresses, cut to the mapping and to the page table's 512 pages.
        const from = Math.max(address - (address % block), start);
        const end = Math.min(from + block, start + filePages, address - (address % 512) + 512);
        const around = { first: from - start, last: end - 1 - start };
        this.#add('MAP_PAGES', file, { ...around, mm: mmAddress(mm), address: address * 4096 });
        this.#cache.mapPages(file, around.first, around.last);
        for (let i = around.first; i <= around.last; i++) {
          const folio = file.inode.folios.get(i);
          if (folio && !folio.marked) mapped.add(start + i);
        }
        if (mapped.has(address)) return;
      }
      const flags = (write ? 1 : 0) | 4 | (tried ? 0x20 : 0) | (lock ? 0x1000 : 0);
      this.#add('FAULT', file, {
        ...{ index: page, mm: mmAddress(mm), address: address * 4096, flags, vm_flags: 0x75 },
        ...{ vm_start: start * 4096, vm_end: (start + filePages) * 4096, vm_pgoff: 0 },
      });
      const folio = file.inode.folios.get(page);
      const waits = !folio || (!tried && folio.marked && file.raPages > 0);
      this.#cache.fault(file, page, 0x75, tried);
      this.#collect();
      if (!waits || tried) break;
      tried = !folio || !lock;
      lock = false;
    }
    mapped.add(address);
  }

  #add(
    type: 'OPEN' | 'READ' | 'SPLICE' | 'ADVISE' | 'MAP_PAGES' | 'FAULT',
    file: NaiveFile,
    members: Members,
  ): void {
    const { inode } = file;
    this.writer.add(type, {
      ...{ tid: 7, tgid: 7, dev, ino: 100 + inode.id, inode_bytes: inode.sizeBytes, io_pages: inode.ioPages },
      file: kernelAddress + BigInt(this.open.indexOf(file) * 256),
      ...{ ra_start: file.start, ra_size: file.size, ra_async_size: file.async, ra_pages: file.raPages },
      ...{ ra_mmap_miss: file.miss, ra_prev_pos: file.prev, f_mode: file.random ? 0x1000 : 0 },
      ...members,
    });
  }

  #collect(): void {
    for (const [id, index, order] of this.#cache.out) {
      this.inserted[id]!.push(`${index}+${2 ** order}`);
      this.writer.add('INSERT', { dev, ino: 100 + id, index, order, tid: 7, tgid: 7 });
    }
    this.#cache.out.length = 0;
  }

  #space(mm: number): Set<number> {
    let space = this.#mapped.get(mm);
    if (!space) this.#mapped.set(mm, (space = new Set<number>()));
    return space;
  }
}

function mmAddress(mm: number): bigint {
  return kernelAddress + BigInt(mm) * 4096n;
}

/** Near the end of a page table and not aligned, so that blocks of fault-around are cut and differ from the file's. */
function mapStart(open: number): number {
  return 0x7f0000000 + 505 + open * 5121;
}
