import { blocks, RangeSet, total } from './range-set.ts';
import type { StartSink } from './sink.ts';

/** What a start needed of one file. */
export interface NeededFile {
  readonly path: string;
  /** Of the first access. */
  ino: number | undefined;
  /** In bytes. */
  readonly set: RangeSet;
}

/** Gathers what a start needed, per path in order of first access; each byte once. */
export class Needed implements StartSink<NeededFile> {
  readonly files = new Map<string, NeededFile>();

  file(path: string): NeededFile {
    let file = this.files.get(path);
    if (!file) this.files.set(path, (file = { path, ino: undefined, set: new RangeSet() }));
    return file;
  }

  access(
    file: NeededFile,
    ino: number,
    offsetBytes: number,
    lengthBytes: number,
    onNew?: (startBytes: number, endBytes: number) => void,
  ): void {
    file.ino ??= ino;
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
