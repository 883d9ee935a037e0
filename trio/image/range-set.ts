/** A range [start, end) of a file and when it was first wanted: `order` is the number of the access. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly order: number;
}

type Mutable = { start: number; end: number; order: number };

/** Added ranges are merged when there are this many, and again whenever they have doubled. */
const mergeAt = 1024;

/** Ranges of one file; those that overlap or touch become one. Memory is bound by how many are apart. */
export class RangeSet {
  #ranges: Mutable[] = [];
  #mergeAt = mergeAt;

  /** How many are kept before the next merge. */
  get held(): number {
    return this.#ranges.length;
  }

  add(start: number, end: number, order: number): void {
    const last = this.#ranges.at(-1);
    // A file read from its beginning to its end, which is what happens most.
    if (last && start <= last.end && end >= last.start) {
      last.start = Math.min(last.start, start);
      last.end = Math.max(last.end, end);
      return;
    }
    this.#ranges.push({ start, end, order });
    if (this.#ranges.length >= this.#mergeAt) this.#mergeAt = Math.max(mergeAt, 2 * this.merged().length);
  }

  /** The ranges sorted, none touching another; each with the order of the first access to any of it. */
  merged(): readonly Range[] {
    const merged: Mutable[] = [];
    for (const range of this.#ranges.sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      if (last && range.start <= last.end) {
        last.end = Math.max(last.end, range.end);
        last.order = Math.min(last.order, range.order);
      } else merged.push(range);
    }
    this.#ranges = merged;
    return merged;
  }
}
