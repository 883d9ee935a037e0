import type { Inode } from './inode.ts';

/** Page tables are compared in units of what one of them maps: 512 pages, 2 MiB. */
export const tablePages = 512;
const wordsPerTable = tablePages / 32;

/** enum fault_flag */
export const touchFlag = { WRITE: 1, ALLOW_RETRY: 4, VMA_LOCK: 0x1000 } as const;

/** A program's touch of a page of a file that it has mapped. Addresses are in pages. */
export interface Touch {
  readonly index: number;
  readonly mmId: number;
  readonly addressPage: number;
  readonly vmStartPage: number;
  readonly vmEndPage: number;
  readonly vmFlags: number;
  /** enum fault_flag, of the fault that it would be. */
  readonly flags: number;
}

/** What is mapped where: decides whether a touch is a fault. */
export interface Tables {
  /** Whether the page is mapped, and no fault is needed. */
  touch(access: Touch): boolean;
  /** Maps a page of a file, for a touch of it or of one near it in the same mapping. */
  add(access: Touch, addressPage: number, inode: Inode, index: number): void;
  /** [start, end) is mapped no more. */
  unmap(mm: number, start: number, end: number): void;
  /** fork(2): what is mapped of [start, end) is so in the new space too. */
  copy(from: number, to: number, start: number, end: number): void;
}

/**
 * Which pages of which address spaces are mapped: what decides whether a touch is a fault. Pages of addresses, a bit
 * each.
 */
export class PageTables implements Tables {
  readonly #spaces = new Map<number, Map<number, Uint32Array>>();

  touch({ mmId, addressPage }: Pick<Touch, 'mmId' | 'addressPage'>): boolean {
    return this.has(mmId, addressPage);
  }

  has(mm: number, page: number): boolean {
    const table = this.#spaces.get(mm)?.get(Math.floor(page / tablePages));
    const at = page % tablePages;
    return table !== undefined && (table[at >> 5]! & (1 << (at & 31))) !== 0;
  }

  add({ mmId }: Pick<Touch, 'mmId'>, addressPage: number): void {
    this.#add(mmId, addressPage);
  }

  #add(mm: number, page: number): void {
    let space = this.#spaces.get(mm);
    if (!space) this.#spaces.set(mm, (space = new Map<number, Uint32Array>()));
    const number = Math.floor(page / tablePages);
    let table = space.get(number);
    if (!table) space.set(number, (table = new Uint32Array(wordsPerTable)));
    const at = page % tablePages;
    table[at >> 5]! |= 1 << (at & 31);
  }

  /** [start, end) is mapped no more. */
  unmap(mm: number, start: number, end: number): void {
    const space = this.#spaces.get(mm);
    if (!space) return;
    for (const [number, table] of space) {
      const first = number * tablePages;
      if (first >= end || first + tablePages <= start) continue;
      if (start <= first && first + tablePages <= end) space.delete(number);
      else
        for (let at = Math.max(0, start - first); at < Math.min(tablePages, end - first); at++)
          clear(table, at);
    }
    if (space.size === 0) this.#spaces.delete(mm);
  }

  /** fork(2): what is mapped of [start, end) is so in the new space too. */
  copy(from: number, to: number, start: number, end: number): void {
    for (const [number, table] of this.#spaces.get(from) ?? []) {
      const first = number * tablePages;
      for (let at = Math.max(0, start - first); at < Math.min(tablePages, end - first); at++)
        if ((table[at >> 5]! & (1 << (at & 31))) !== 0) this.#add(to, first + at);
    }
  }
}

function clear(table: Uint32Array, at: number): void {
  table[at >> 5]! &= ~(1 << (at & 31));
}
