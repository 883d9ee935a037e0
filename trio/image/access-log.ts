import { OrderedRanges } from './ordered-ranges.ts';

const logLength = 1 << 17;

/**
 * Collects ranges of many files. What comes is written down and, some at a time, sorted by file and added: the ranges
 * of files lie all over memory, and to wait for it at each of a million accesses would take most of the time.
 */
export class AccessLog {
  readonly #files: OrderedRanges[] = [];
  readonly #file = new Uint32Array(logLength);
  readonly #start = new Float64Array(logLength);
  readonly #end = new Float64Array(logLength);
  readonly #order = new Float64Array(logLength);
  #length = 0;

  /** Returns the number under which ranges of a file are added, and the ranges, complete after {@link flush}. */
  open(): { number: number; ranges: OrderedRanges } {
    const ranges = new OrderedRanges();
    return { number: this.#files.push(ranges) - 1, ranges };
  }

  add(file: number, start: number, end: number, order: number): void {
    const at = this.#length++;
    this.#file[at] = file;
    this.#start[at] = start;
    this.#end[at] = end;
    this.#order[at] = order;
    if (this.#length === logLength) this.flush();
  }

  flush(): void {
    for (const at of this.#byFile())
      this.#files[this.#file[at] ?? 0]?.add(this.#start[at] ?? 0, this.#end[at] ?? 0, this.#order[at] ?? 0);
    this.#length = 0;
  }

  /** Places in the log, those of the first file first; a counting sort, so those of a file stay in order. */
  #byFile(): Uint32Array {
    const next = new Uint32Array(this.#files.length + 1);
    for (let at = 0; at < this.#length; at++) {
      const behind = (this.#file[at] ?? 0) + 1;
      next[behind] = (next[behind] ?? 0) + 1;
    }
    for (let file = 1; file < next.length; file++) next[file] = (next[file] ?? 0) + (next[file - 1] ?? 0);
    const sorted = new Uint32Array(this.#length);
    for (let at = 0; at < this.#length; at++) {
      const file = this.#file[at] ?? 0;
      const to = next[file] ?? 0;
      next[file] = to + 1;
      sorted[to] = at;
    }
    return sorted;
  }
}
