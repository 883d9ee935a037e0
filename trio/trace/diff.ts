import { Needed } from './needed.ts';
import { blocks, difference, total } from './range-set.ts';
import { readStartTrace } from './read.ts';
import type { ReadOptions } from './trace-file.ts';

/** A range of a file that only one of two starts needed. */
export interface DiffRange {
  readonly path: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What one start needed and the other did not. */
export interface DiffSide {
  readonly files: number;
  readonly bytes: number;
  readonly pages: number;
  readonly ranges: readonly DiffRange[];
}

/** How what two starts needed differs, by path: inode numbers and order do not matter. */
export interface TraceDiff {
  readonly schema: 'trio.trace-diff/1';
  readonly same: boolean;
  readonly onlyInA: DiffSide;
  readonly onlyInB: DiffSide;
}

/**
 * Compares what two starts needed.
 *
 * @throws TrioError as `readStartTrace`
 */
export async function diffTraces(a: string, b: string, options: ReadOptions = {}): Promise<TraceDiff> {
  const [inA, inB] = [new Needed(), new Needed()];
  const { pageBytes } = await readStartTrace(a, inA, options);
  await readStartTrace(b, inB, options);
  const onlyInA = side(inA, inB, pageBytes);
  const onlyInB = side(inB, inA, pageBytes);
  const same = onlyInA.ranges.length + onlyInB.ranges.length === 0;
  return { schema: 'trio.trace-diff/1', same, onlyInA, onlyInB };
}

/** By path, so that the output does not depend on the order of accesses. */
function side(of: Needed, other: Needed, pageBytes: number): DiffSide {
  const ranges: DiffRange[] = [];
  let files = 0;
  let bytes = 0;
  let pages = 0;
  for (const [path, { set }] of [...of.files].sort(([p], [q]) => (p < q ? -1 : 1))) {
    const only = difference(set.ranges, other.files.get(path)?.set.ranges ?? []);
    for (let i = 0; i < only.length; i += 2) {
      const offsetBytes = only[i] as number;
      ranges.push({ path, offsetBytes, lengthBytes: (only[i + 1] as number) - offsetBytes });
    }
    files += only.length > 0 ? 1 : 0;
    bytes += total(only);
    pages += blocks(only, pageBytes);
  }
  return { files, bytes, pages, ranges };
}
