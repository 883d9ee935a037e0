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

/** A file of the image that the trace names; `isListed` once something of it counts. */
interface OpenFile extends RecordedFile {
  /** In the log. */
  readonly number: number;
  readonly sizeBytes: number;
  isListed: boolean;
}

/** Takes a start in, against the image it was traced on: what it needs of each file, clipped and in whole pages. */
export class Recording implements StartSink {
  accesses = 0;
  readonly #view: MergedView;
  readonly #log = new AccessLog();
  /** Files with something recorded, in the order of their first access that counts. */
  readonly #files: RecordedFile[] = [];
  readonly #byNode = new Map<TreeNode, OpenFile>();
  readonly #paths = new Map<string, OpenFile | DropReason>();
  readonly #names = new Set<string>();
  readonly #dropped = new Map<DropReason, { accesses: number; paths: Set<string> }>();

  constructor(view: MergedView) {
    this.#view = view;
  }

  access(path: string, _ino: number, offsetBytes: number, lengthBytes: number): void {
    const order = this.accesses++;
    const file = this.#paths.get(path) ?? this.#open(path);
    if (typeof file === 'string') return this.#drop(file, path);
    if (lengthBytes <= 0) return this.#drop('empty', path);
    if (offsetBytes >= file.sizeBytes) return this.#drop('pastEnd', path);
    const endBytes = Math.min(offsetBytes + lengthBytes, file.sizeBytes);
    if (!file.isListed) {
      file.isListed = true;
      this.#files.push(file);
    }
    this.#log.add(file.number, Math.floor(offsetBytes / pageBytes), Math.ceil(endBytes / pageBytes), order);
  }

  /** The image itself knows what exists: a name that is there only in the running container is not in its layers. */
  name(path: string, _exists: boolean): void {
    if (this.#names.has(path)) return;
    this.#names.add(path);
    this.#resolve(path, false, 'a name');
  }

  files(): readonly RecordedFile[] {
    this.#log.flush();
    return this.#files;
  }

  dropped(): readonly Dropped[] {
    return [...this.#dropped].map(([reason, { accesses, paths }]) => ({
      reason,
      accesses,
      paths: paths.size,
      example: [...paths][0] ?? '',
    }));
  }

  #open(path: string): OpenFile | DropReason {
    const file = this.#find(path);
    this.#paths.set(path, file);
    return file;
  }

  #find(path: string): OpenFile | DropReason {
    const found = this.#resolve(path, true, `access ${this.accesses}`);
    if (typeof found === 'string') return found;
    if (found.node.type !== fileType.regular) return 'notRegular';
    // Another path may lead to the same inode.
    const known = this.#byNode.get(found.node);
    if (known) return known;
    const { sizeBytes } = found.node.attributes;
    const file = { ...found, sizeBytes, ...this.#log.open(), isListed: false };
    this.#byNode.set(found.node, file);
    return file;
  }

  #resolve(path: string, followLast: boolean, what: string): Found | NotFound {
    try {
      return this.#view.resolve(path, followLast);
    } catch (error) {
      if (!(error instanceof TrioError)) throw error;
      throw new TrioError(error.code, `${what} of the trace: ${error.message}`, { cause: error });
    }
  }

  #drop(reason: DropReason, path: string): void {
    const known = this.#dropped.get(reason);
    if (known) {
      known.accesses++;
      known.paths.add(path);
    } else this.#dropped.set(reason, { accesses: 1, paths: new Set([path]) });
  }
}
