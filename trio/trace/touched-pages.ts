import type { StartSink } from './sink.ts';

/** The unit in which page caches, and so starts, need files. */
export const pageBytes = 4096;

/** Counts the pages that a start touched, each once. */
export class TouchedPages implements StartSink<Set<number>> {
  /** Path → the indexes of its touched pages. */
  readonly byPath = new Map<string, Set<number>>();

  file(path: string): Set<number> {
    let pages = this.byPath.get(path);
    if (!pages) this.byPath.set(path, (pages = new Set()));
    return pages;
  }

  access(pages: Set<number>, _ino: number, offsetBytes: number, lengthBytes: number): void {
    if (lengthBytes === 0) return;
    const last = Math.floor((offsetBytes + lengthBytes - 1) / pageBytes);
    for (let page = Math.floor(offsetBytes / pageBytes); page <= last; page++) pages.add(page);
  }

  name(): void {
    // Names need no pages of files.
  }

  get files(): number {
    return this.byPath.size;
  }

  get pages(): number {
    let sum = 0;
    for (const pages of this.byPath.values()) sum += pages.size;
    return sum;
  }
}
