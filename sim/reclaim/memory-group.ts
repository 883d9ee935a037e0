import type { Inode } from '../pagecache/inode.ts';
import type { Kernel } from '../pagecache/kernel.ts';
import type { LimitedMemory } from '../pagecache/residency.ts';
import { usageError, type TrioError } from '../../trio/errors.ts';
import { pageBytes } from '../pagecache/page.ts';
import { Folio } from './folio.ts';
import type { Lru, Shadow } from './lru.ts';
import { lruOf } from './lru-of.ts';
import { MappedPages } from './mapped-pages.ts';
import { RecentBlocks } from './recent-blocks.ts';

/** MAX_RECLAIM_RETRIES: then the kernel looks for somebody to kill. */
const mostTries = 16;

/** Who is told what comes and goes, in pages. */
export interface Watch {
  refaulted?(inode: Inode, pages: number): void;
  evicted?(inode: Inode, pages: number): void;
}

/** A memory cgroup with a limit and without swap: when a page would be one too many, file pages go. */
export class MemoryGroup implements LimitedMemory {
  readonly tables: MappedPages;
  /** Pages that cannot go: anonymous, page tables, the kernel's. */
  #otherPages = 0;
  filePages = 0;
  readonly #limitPages: number;
  readonly #lru: Lru;
  readonly #folios = new Map<Inode, (Folio | undefined)[]>();
  readonly #shadows = new Map<Inode, (Shadow | undefined)[]>();
  readonly #recentBlocks = new RecentBlocks();
  readonly #watch: Watch;
  #isInFault = false;

  constructor(limitPages: number, kernel: Kernel, watch: Watch = {}) {
    this.#limitPages = limitPages;
    this.#watch = watch;
    this.tables = new MappedPages(
      (inode, page) => this.#folio(inode, page),
      (folio) => this.#lru.markAccessed(folio),
    );
    this.#lru = lruOf(kernel, { tables: this.tables, evict: this.#evict.bind(this) });
  }

  admit(inode: Inode, first: number, order: number): void {
    const folio = new Folio(inode, first, order);
    this.#charge(folio.pages);
    this.filePages += folio.pages;
    const folios = this.#listOf(this.#folios, inode);
    for (let page = first; page < first + folio.pages; page++) folios[page] = folio;
    const shadows = this.#listOf(this.#shadows, inode);
    const shadow = shadows[first];
    shadows[first] = undefined;
    if (shadow) this.#watch.refaulted?.(inode, folio.pages);
    this.#lru.add(folio, this.#isInFault, shadow);
  }

  read(inode: Inode, page: number): void {
    const folio = this.#folio(inode, page);
    if (folio) this.#lru.markAccessed(folio);
  }

  written(inode: Inode, page: number): void {
    const folio = this.#folio(inode, page);
    if (!folio) return;
    folio.isDirty = true;
    this.#lru.markAccessed(folio);
  }

  inFault(is: boolean): void {
    this.#isInFault = is;
  }

  setOtherPages(pages: number): void {
    if (pages === this.#otherPages) return;
    this.#otherPages = pages;
    this.#charge(0);
  }

  lookedUp(block: number, inode: Inode | undefined, page: number): void {
    const folio = inode && this.#folio(inode, page);
    if (folio) this.#lru.markAccessed(folio);
    this.#recentBlocks.lookedUp(block, folio);
  }

  /** Makes room for so many pages (try_charge_memcg). */
  #charge(pages: number): void {
    const isOver = () => this.filePages + this.#otherPages + pages > this.#limitPages;
    for (let tries = 0; tries < mostTries && isOver(); tries++) this.#lru.reclaim();
    if (isOver()) throw outOfMemory(this.#limitPages, this.#otherPages);
  }

  /** A page that somebody took out of the cache. */
  remove(inode: Inode, page: number): void {
    const folio = this.#folio(inode, page);
    if (folio) this.#takeOut(folio);
  }

  #evict(folio: Folio, shadow: Shadow): void {
    this.#listOf(this.#shadows, folio.inode)[folio.first] = shadow;
    this.#watch.evicted?.(folio.inode, folio.pages);
    this.#takeOut(folio);
    folio.inode.remove(folio.first);
  }

  #takeOut(folio: Folio): void {
    this.tables.unmapFolio(folio);
    this.#lru.remove(folio);
    const folios = this.#listOf(this.#folios, folio.inode);
    for (let page = folio.first; page < folio.first + folio.pages; page++) folios[page] = undefined;
    this.filePages -= folio.pages;
  }

  #folio(inode: Inode, page: number): Folio | undefined {
    return this.#folios.get(inode)?.[page];
  }

  #listOf<T>(lists: Map<Inode, T[]>, inode: Inode): T[] {
    let list = lists.get(inode);
    if (!list) lists.set(inode, (list = []));
    return list;
  }
}

function outOfMemory(limitPages: number, otherPages: number): TrioError {
  const mib = (pages: number) => `${((pages * pageBytes) / 2 ** 20).toFixed(1)} MiB`;
  return usageError(
    'OUT_OF_MEMORY',
    `the container would be killed: of ${mib(limitPages)} it has ${mib(otherPages)} in use that are no page cache`,
  );
}
