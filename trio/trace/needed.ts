import { blocks, RangeSet, total } from './range-set.ts';
import type { StartSink } from './sink.ts';

/** What a start needed of one file. */
export interface NeededFile {
  /** Of the first access. */
  readonly ino: number;
  /** In bytes. */
  readonly set: RangeSet;
}

/** Gathers what a start needed, per path in order of first access; each byte once. */
export class Needed implements StartSink {
  readonly files = new Map<string, NeededFile>();

  access(
    path: string,
    ino: number,
    offsetBytes: number,
    lengthBytes: number,
    onNew?: (startBytes: number, endBytes: number) => void,
  ): void {
    let file = this.files.get(path);
    if (!file) this.files.set(path, (file = { ino, set: new RangeSet() }));
    file.set.add(offsetBytes, offsetBytes + lengthBytes, onNew);
  }

  name(): void {}

  get bytes(): number {
    return sum(this.files, ({ set }) => total(set.ranges));
  }

  pages(pageBytes: number): number {
    return sum(this.files, ({ set }) => blocks(set.ranges, pageBytes));
  }
}

function sum(files: ReadonlyMap<string, NeededFile>, of: (file: NeededFile) => number): number {
  let all = 0;
  for (const file of files.values()) all += of(file);
  return all;
}
