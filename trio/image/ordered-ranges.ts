/** A range [start, end) of a file and when it was first wanted: `order` is the number of the access. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly order: number;
}

/** Numbers of one range in the list. */
const width = 3;

/**
 * Ranges of one file; those that overlap or touch become one, with the order of the first access to any of it. The
 * list is kept sorted in one flat array: no objects, and no more memory than ranges lie apart. Ranges that come in
 * random order move what lies behind them, which is a copy of some bytes for the hundreds that a file may have.
 */
export class OrderedRanges {
  #list = new Float64Array(4 * width);
  #used = 0;

  add(start: number, end: number, order: number): void {
    const list = this.#list;
    const used = this.#used;
    const at = this.#firstEndingAt(start);
    let behind = at;
    let [mergedStart, mergedEnd, firstOrder] = [start, end, order];
    for (; behind < used && (list[behind] ?? 0) <= end; behind += width) {
      mergedStart = Math.min(mergedStart, list[behind] ?? 0);
      mergedEnd = Math.max(mergedEnd, list[behind + 1] ?? 0);
      firstOrder = Math.min(firstOrder, list[behind + 2] ?? 0);
    }
    this.#move(behind, at + width);
    this.#list[at] = mergedStart;
    this.#list[at + 1] = mergedEnd;
    this.#list[at + 2] = firstOrder;
  }

  /** The least order of any range; undefined while there is none. */
  get firstOrder(): number | undefined {
    let first: number | undefined;
    for (let at = 2; at < this.#used; at += width) first = Math.min(first ?? Infinity, this.#list[at] ?? 0);
    return first;
  }

  /** How many ranges there are, none touching another. */
  get count(): number {
    return this.#used / width;
  }

  /** Calls with each of the ranges, sorted. */
  forEach(callback: (start: number, end: number, order: number) => void): void {
    const list = this.#list;
    for (let at = 0; at < this.#used; at += width)
      callback(list[at] ?? 0, list[at + 1] ?? 0, list[at + 2] ?? 0);
  }

  /** The ranges sorted, none touching another. */
  merged(): readonly Range[] {
    const ranges: Range[] = [];
    this.forEach((start, end, order) => ranges.push({ start, end, order }));
    return ranges;
  }

  /** Where the first range is that ends at `start` or behind it. */
  #firstEndingAt(start: number): number {
    const list = this.#list;
    let low = 0;
    let high = Math.trunc(this.#used / width);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle * width + 1] ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return low * width;
  }

  /** Moves what is in the list from `from` on, so that it begins at `to`. */
  #move(from: number, to: number): void {
    const used = this.#used + to - from;
    if (used > this.#list.length) {
      const larger = new Float64Array(2 * this.#list.length);
      larger.set(this.#list);
      this.#list = larger;
    }
    if (from !== to && from < this.#used) this.#list.copyWithin(to, from, this.#used);
    this.#used = used;
  }
}
