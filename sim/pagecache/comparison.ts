import { FolioList } from './folio-list.ts';

/** A file with what was put in the cache for it. */
export interface InsertedFile {
  readonly dev: number;
  readonly ino: number;
  /** Of its first open with a path; undefined if there was none. */
  readonly path: string | undefined;
  readonly inserted: FolioList;
}

/** One file's predicted insertions beside the recorded ones. */
export interface FileComparison {
  readonly dev: number;
  readonly ino: number;
  readonly path: string | undefined;
  readonly recordedPages: number;
  readonly predictedPages: number;
  /** In both; a page that came twice counts twice. */
  readonly commonPages: number;
  /** The same folios in the same order. */
  readonly sameOrder: boolean;
  /** Recorded, not predicted. */
  readonly missed: readonly number[];
  /** Predicted, not recorded. */
  readonly extra: readonly number[];
  /** Of the common pages, as they were recorded: from the first place to the last at which the lists differ. */
  readonly outOfOrder: readonly number[];
}

export interface Comparison {
  /** Files with insertions on either side, those of the recording first, in its order. */
  readonly files: readonly FileComparison[];
  readonly recordedPages: number;
  readonly predictedPages: number;
  readonly commonPages: number;
  readonly filesInSameOrder: number;
  /** Common pages of all pages on either side: 1 is exact; 1 as well if there are none. */
  readonly jaccard: number;
}

/** Within one run files are the same if their inodes are; across runs and file systems, if their paths are. */
export type SameFile = 'inode' | 'path';

const none = new FolioList();

export function compareInsertions(
  recorded: Iterable<InsertedFile>,
  predicted: Iterable<InsertedFile>,
  same: SameFile,
): Comparison {
  const pairs = new Map<string, Pair>();
  for (const file of recorded)
    if (file.inserted.length > 0)
      pairs.set(keyOf(file, same), { file, path: file.path, recorded: file.inserted, predicted: none });
  for (const file of predicted) {
    if (file.inserted.length === 0) continue;
    const pair = pairs.get(keyOf(file, same));
    if (pair) {
      pair.predicted = file.inserted;
      pair.path ??= file.path;
    } else pairs.set(keyOf(file, same), { file, path: file.path, recorded: none, predicted: file.inserted });
  }
  const files = [...pairs.values()].map(compareFile);
  const sum = (of: (file: FileComparison) => number) => files.reduce((total, file) => total + of(file), 0);
  const recordedPages = sum((file) => file.recordedPages);
  const predictedPages = sum((file) => file.predictedPages);
  const commonPages = sum((file) => file.commonPages);
  const all = recordedPages + predictedPages - commonPages;
  return {
    ...{ files, recordedPages, predictedPages, commonPages },
    filesInSameOrder: files.filter(({ sameOrder }) => sameOrder).length,
    jaccard: all === 0 ? 1 : commonPages / all,
  };
}

function keyOf({ dev, ino, path }: InsertedFile, same: SameFile): string {
  return same === 'path' && path !== undefined ? path : `${dev}:${ino}`;
}

/** A file on both sides; the recording may not know its path. */
interface Pair {
  readonly file: InsertedFile;
  path: string | undefined;
  readonly recorded: FolioList;
  predicted: FolioList;
}

function compareFile({ file, path, recorded, predicted }: Pair): FileComparison {
  const missed: number[] = [];
  const extra: number[] = [];
  const [left, right] = [recorded.toPages().toSorted(), predicted.toPages().toSorted()];
  let [l, r, commonPages] = [0, 0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l] ?? Infinity, right[r] ?? Infinity];
    if (a === b) commonPages++;
    else if (a < b) missed.push(a);
    else extra.push(b);
    if (a <= b) l++;
    if (b <= a) r++;
  }
  return {
    ...{ dev: file.dev, ino: file.ino, path },
    ...{ recordedPages: recorded.pages, predictedPages: predicted.pages, commonPages },
    ...{ sameOrder: recorded.equals(predicted), missed, extra },
    outOfOrder: stretchThatDiffers(without(recorded, missed), without(predicted, extra)),
  };
}

function without(list: FolioList, pages: readonly number[]): number[] {
  const gone = new Set(pages);
  return [...list.toPages()].filter((page) => !gone.has(page));
}

/** Of the first list. */
function stretchThatDiffers(a: readonly number[], b: readonly number[]): number[] {
  const differs = (page: number, i: number) => page !== b[i];
  return a.slice(a.findIndex(differs), a.findLastIndex(differs) + 1);
}
