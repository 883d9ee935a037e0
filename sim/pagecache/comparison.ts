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
  const pairs = new Map<string, { file: InsertedFile; recorded: FolioList; predicted: FolioList }>();
  for (const file of recorded)
    if (file.inserted.length > 0)
      pairs.set(keyOf(file, same), { file, recorded: file.inserted, predicted: none });
  for (const file of predicted) {
    if (file.inserted.length === 0) continue;
    const pair = pairs.get(keyOf(file, same));
    if (pair) pair.predicted = file.inserted;
    else pairs.set(keyOf(file, same), { file, recorded: none, predicted: file.inserted });
  }
  const files = [...pairs.values()].map((pair) => compareFile(pair.file, pair.recorded, pair.predicted));
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

function compareFile(file: InsertedFile, recorded: FolioList, predicted: FolioList): FileComparison {
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
    ...{ dev: file.dev, ino: file.ino, path: file.path },
    ...{ recordedPages: recorded.pages, predictedPages: predicted.pages, commonPages },
    ...{ sameOrder: recorded.equals(predicted), missed, extra },
  };
}
