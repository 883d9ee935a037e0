/** How a folio came into the cache. */
export const origin = {
  /** By readahead, as the first of one request to the file system (read_pages) … */
  request: 0,
  /** … or following the folio before it in that request. */
  continued: 1,
  /** Alone: the one page that was needed (read_folio). */
  single: 2,
  /** By a write. */
  written: 3,
} as const;

/** The folios that were put in the cache, in order. The consumer clears it. */
export class Insertions {
  length = 0;
  #values = new Int32Array(4 * 256);

  push(inode: number, first: number, order: number, how: number): void {
    const at = 4 * this.length++;
    if (at === this.#values.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[at] = inode;
    this.#values[at + 1] = first;
    this.#values[at + 2] = order;
    this.#values[at + 3] = how;
  }

  /** `Inode.id`. */
  inode(index: number): number {
    return this.#values[4 * index]!;
  }

  firstPage(index: number): number {
    return this.#values[4 * index + 1]!;
  }

  order(index: number): number {
    return this.#values[4 * index + 2]!;
  }

  /** One of `origin`. */
  origin(index: number): number {
    return this.#values[4 * index + 3]!;
  }

  clear(): void {
    this.length = 0;
  }
}
