import { TrioError } from '../errors.ts';
import type { StartSink } from '../trace/sink.ts';
import { AccessLog } from './access-log.ts';
import { fileType, pageBytes } from './layout.ts';
import type { Found, MergedView, NotFound } from './merged-view.ts';
import type { OrderedRanges } from './ordered-ranges.ts';
import type { TreeNode } from './rootfs.ts';

/** Why an access of a trace does not go into a runtime image. */
export const dropReasons = {
  missing: 'there is no such file in the image',
  notDirectory: 'its path goes through something that is no directory',
  notRegular: 'it is not a regular file',
  pastEnd: 'it begins at or behind the end of the file',
  empty: 'it has no length',
} as const;
export type DropReason = keyof typeof dropReasons;

/** Accesses that were dropped for one reason. */
export interface Dropped {
  readonly reason: DropReason;
  readonly accesses: number;
  readonly paths: number;
  /** The first of the paths. */
  readonly example: string;
}

/** Pages of one file that the start needed. */
export interface RecordedFile {
  readonly node: TreeNode;
  readonly layer: number;
  /** In pages. */
  readonly ranges: OrderedRanges;
}

/**
 * Takes a start in, against the image it was traced on: what it needs of each file, clipped and in whole pages. It
 * calls a path by a number, and has what an access needs of it in flat arrays: objects of twenty thousand files do not
 * stay in a core's cache, and a million accesses would wait for them.
 */
export class Recording implements StartSink<number> {
  accesses = 0;
  readonly #view: MergedView;
  readonly #log = new AccessLog();
  /** Files that the trace names, by their numbers in the log. */
  readonly #files: RecordedFile[] = [];
  readonly #fileNumbers = new Map<TreeNode, number>();
  readonly #pathNumbers = new Map<string, number>();
  readonly #paths: string[] = [];
  /** By a path's number: its file's in the log; -1 for one that #pathFaults says what is wrong with. */
  readonly #pathFiles: number[] = [];
  readonly #pathSizesBytes: number[] = [];
  readonly #pathFaults = new Map<number, DropReason>();
  readonly #names = new Set<string>();
  readonly #dropped = new Map<DropReason, { accesses: number; paths: Set<number> }>();

  constructor(view: MergedView) {
    this.#view = view;
  }

  file(path: string): number {
    const known = this.#pathNumbers.get(path);
    if (known !== undefined) return known;
    const found = this.#find(path);
    const number = this.#paths.push(path) - 1;
    this.#pathNumbers.set(path, number);
    if (typeof found === 'string') this.#pathFaults.set(number, found);
    this.#pathFiles.push(typeof found === 'string' ? -1 : this.#open(found));
    this.#pathSizesBytes.push(typeof found === 'string' ? 0 : found.node.attributes.sizeBytes);
    return number;
  }

  access(path: number, _ino: number, offsetBytes: number, lengthBytes: number): void {
    const order = this.accesses++;
    const file = this.#pathFiles[path] ?? -1;
    const sizeBytes = this.#pathSizesBytes[path] ?? 0;
    if (file < 0 || lengthBytes <= 0 || offsetBytes >= sizeBytes)
      return this.#drop(this.#pathFaults.get(path) ?? (lengthBytes <= 0 ? 'empty' : 'pastEnd'), path);
    const endBytes = Math.min(offsetBytes + lengthBytes, sizeBytes);
    this.#log.add(file, Math.floor(offsetBytes / pageBytes), Math.ceil(endBytes / pageBytes), order);
  }

  /** The image itself knows what exists: a name that is there only in the running container is not in its layers. */
  name(path: string, _exists: boolean): void {
    if (this.#names.has(path)) return;
    this.#names.add(path);
    this.#resolve(path, false, 'a name');
  }

  /** Files with something recorded, in the order of their first access that counts. */
  files(): readonly RecordedFile[] {
    this.#log.flush();
    const first = new Map(this.#files.map((file) => [file, file.ranges.firstOrder]));
    const recorded = this.#files.filter((file) => first.get(file) !== undefined);
    return recorded.sort((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0));
  }

  dropped(): readonly Dropped[] {
    return [...this.#dropped].map(([reason, { accesses, paths }]) => ({
      reason,
      accesses,
      paths: paths.size,
      example: this.#paths[[...paths][0] ?? -1] ?? '',
    }));
  }

  #find(path: string): Found | DropReason {
    const found = this.#resolve(path, true, `access ${this.accesses + 1}`);
    if (typeof found === 'string') return found;
    return found.node.type === fileType.regular ? found : 'notRegular';
  }

  /** The file's number in the log. */
  #open(found: Found): number {
    // Another path may lead to the same inode.
    const known = this.#fileNumbers.get(found.node);
    if (known !== undefined) return known;
    const { number, ranges } = this.#log.open();
    this.#files.push({ ...found, ranges });
    this.#fileNumbers.set(found.node, number);
    return number;
  }

  #resolve(path: string, followLast: boolean, what: string): Found | NotFound {
    try {
      return this.#view.resolve(path, followLast);
    } catch (error) {
      if (!(error instanceof TrioError)) throw error;
      throw new TrioError(error.code, `${what} of the trace: ${error.message}`, { cause: error });
    }
  }

  #drop(reason: DropReason, path: number): void {
    const known = this.#dropped.get(reason);
    if (known) {
      known.accesses++;
      known.paths.add(path);
    } else this.#dropped.set(reason, { accesses: 1, paths: new Set([path]) });
  }
}
