/** Page tables are compared in units of what one of them maps: 512 pages, 2 MiB. */
export const tablePages = 512;
const wordsPerTable = tablePages / 32;

/**
 * Which pages of which address spaces are mapped: what decides whether a touch is a fault. Pages of addresses, a bit
 * each.
 */
export class PageTables {
  readonly #spaces = new Map<number, Map<number, Uint32Array>>();

  has(mm: number, page: number): boolean {
    const table = this.#spaces.get(mm)?.get(Math.floor(page / tablePages));
    const at = page % tablePages;
    return table !== undefined && (table[at >> 5]! & (1 << (at & 31))) !== 0;
  }

  add(mm: number, page: number): void {
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
        if ((table[at >> 5]! & (1 << (at & 31))) !== 0) this.add(to, first + at);
    }
  }
}

function clear(table: Uint32Array, at: number): void {
  table[at >> 5]! &= ~(1 << (at & 31));
}
