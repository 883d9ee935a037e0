/** Ranges as a flat list of numbers: start, end, start, end, … in order; disjoint, not touching, ends not included. */
export type Ranges = readonly number[];

/** A set of numbers (bytes of a file, pages) held as ranges. */
export class RangeSet {
  /** As `Ranges`. A few thousand at most in any real file: adding moves what lies behind. */
  readonly #edges: number[] = [];

  /** The ranges of the set, for as long as nothing is added. */
  get ranges(): Ranges {
    return this.#edges;
  }

  /** Adds [start, end); `onNew` gets, in order, the parts of it that were not in the set. */
  add(start: number, end: number, onNew?: (start: number, end: number) => void): void {
    if (end <= start) return;
    const edges = this.#edges;
    const first = this.#firstEndingAt(start);
    let from = start;
    let last = first;
    for (; last < edges.length && (edges[last] as number) <= end; last += 2) {
      const known = edges[last] as number;
      if (known > from) onNew?.(from, known);
      from = Math.max(from, edges[last + 1] as number);
    }
    if (from < end) onNew?.(from, end);
    // In place where it can be: most accesses go on where one ended, or are known.
    if (last === first) edges.splice(first, 0, start, end);
    else {
      edges[first] = Math.min(edges[first] as number, start);
      edges[first + 1] = Math.max(from, end);
      if (last > first + 2) edges.splice(first + 2, last - first - 2);
    }
  }

  /** Where the first range is whose end is not before `start`. */
  #firstEndingAt(start: number): number {
    const edges = this.#edges;
    let low = 0;
    let high = edges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((edges[middle * 2 + 1] as number) < start) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}

/** What is in both. */
export function intersection(a: Ranges, b: Ranges): Ranges {
  return combined(a, b, (inA, inB) => inA && inB);
}

/** What is in `a` but not in `b`. */
export function difference(a: Ranges, b: Ranges): Ranges {
  return combined(a, b, (inA, inB) => inA && !inB);
}

/** How much the ranges hold. */
export function total(ranges: Ranges): number {
  let sum = 0;
  for (let i = 0; i < ranges.length; i += 2) sum += (ranges[i + 1] as number) - (ranges[i] as number);
  return sum;
}

/** How many blocks of a size the ranges touch. */
export function blocks(ranges: Ranges, blockSize: number): number {
  let sum = 0;
  let counted = 0; // blocks below this one are
  for (let i = 0; i < ranges.length; i += 2) {
    const first = Math.max(counted, Math.floor((ranges[i] as number) / blockSize));
    const end = Math.ceil((ranges[i + 1] as number) / blockSize);
    sum += Math.max(0, end - first);
    counted = Math.max(counted, end);
  }
  return sum;
}

/** Walks over the edges of both: between two edges nothing changes. */
function combined(a: Ranges, b: Ranges, take: (inA: boolean, inB: boolean) => boolean): Ranges {
  const result: number[] = [];
  let taking = false;
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const at = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (a[i] === at) i++;
    if (b[j] === at) j++;
    // An odd number of edges passed: within a range.
    if (take(i % 2 === 1, j % 2 === 1) !== taking) {
      taking = !taking;
      result.push(at);
    }
  }
  return result;
}
