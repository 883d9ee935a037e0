/** Folios in the order in which they came into the cache. */
export class FolioList {
  /** Of all folios together. */
  pages = 0;
  #length = 0;
  #values = new Int32Array(16);

  get length(): number {
    return this.#length;
  }

  push(first: number, order: number): void {
    const at = 2 * this.#length++;
    if (at === this.#values.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[at] = first;
    this.#values[at + 1] = order;
    this.pages += 1 << order;
  }

  firstPage(index: number): number {
    return this.#values[2 * index]!;
  }

  order(index: number): number {
    return this.#values[2 * index + 1]!;
  }

  /** Each page of each folio, in order. */
  toPages(): Int32Array {
    const pages = new Int32Array(this.pages);
    let at = 0;
    for (let i = 0; i < this.#length; i++) {
      const first = this.firstPage(i);
      for (let page = first; page < first + (1 << this.order(i)); page++) pages[at++] = page;
    }
    return pages;
  }

  /** The same folios in the same order. */
  equals(other: FolioList): boolean {
    if (other.#length !== this.#length) return false;
    for (let i = 0; i < 2 * this.#length; i++) if (this.#values[i] !== other.#values[i]) return false;
    return true;
  }
}
