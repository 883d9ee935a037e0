import type { Inode } from '../pagecache/inode.ts';

/** A page table's entry for a page of a file: what the hardware and the page's eviction change. */
export interface Mapping {
  readonly mmId: number;
  readonly addressPage: number;
  readonly vmStartPage: number;
  readonly vmEndPage: number;
  readonly vmFlags: number;
  readonly folio: Folio;
  /** The accessed bit. */
  isYoung: boolean;
}

/** A folio in the page cache, with the bits of struct folio that reclaim looks at. */
export class Folio {
  readonly inode: Inode;
  readonly first: number;
  readonly pages: number;
  /** PG_referenced, PG_active, PG_workingset, PG_dirty. */
  isReferenced = false;
  isActive = false;
  isWorkingset = false;
  isDirty = false;
  /** Somebody holds on to its buffers: try_to_free_buffers fails. */
  isHeld = false;
  /** MGLRU: the generation's number modulo their most, -1 for none; LRU_REFS: accesses by reads beyond the second. */
  gen = -1;
  refs = 0;
  readonly mappings: Mapping[] = [];
  /** Its list, and its neighbours there. */
  list: FolioQueue | undefined;
  towardsHead: Folio | undefined;
  towardsTail: Folio | undefined;

  constructor(inode: Inode, first: number, order: number) {
    this.inode = inode;
    this.first = first;
    this.pages = 1 << order;
  }
}

/** A list of folios: the newest at the head, the next to be looked at at the tail (lru_to_folio). */
export class FolioQueue {
  /** Of all its folios. */
  pages = 0;
  #head: Folio | undefined;
  #tail: Folio | undefined;

  get tail(): Folio | undefined {
    return this.#tail;
  }

  pushHead(folio: Folio): void {
    folio.towardsTail = this.#head;
    if (this.#head) this.#head.towardsHead = folio;
    else this.#tail = folio;
    this.#head = folio;
    this.#joined(folio);
  }

  pushTail(folio: Folio): void {
    folio.towardsHead = this.#tail;
    if (this.#tail) this.#tail.towardsTail = folio;
    else this.#head = folio;
    this.#tail = folio;
    this.#joined(folio);
  }

  remove(folio: Folio): void {
    if (folio.towardsHead) folio.towardsHead.towardsTail = folio.towardsTail;
    else this.#head = folio.towardsTail;
    if (folio.towardsTail) folio.towardsTail.towardsHead = folio.towardsHead;
    else this.#tail = folio.towardsHead;
    folio.towardsHead = undefined;
    folio.towardsTail = undefined;
    folio.list = undefined;
    this.pages -= folio.pages;
  }

  #joined(folio: Folio): void {
    folio.list = this;
    this.pages += folio.pages;
  }
}
