import type { Inodes } from './inodes.ts';
import type { FileRecord } from './record-views.ts';
import { faultFlagTried, traceFlag } from './records.ts';
import type { TraceVisitor } from './rich-trace.ts';
import type { StartSink } from './sink.ts';

/** The records that say which bytes a file's reader needed. */
export const accessTypes = ['READ', 'SPLICE', 'FAULT', 'READ_PAGE'] as const;
export type AccessType = (typeof accessTypes)[number];

/** Accesses in the trace that a sink does not get, and why. */
export interface Untaken {
  /** No record gives the inode a path. */
  unnamed: number;
  unnamedInodes: number;
  /** Of a folder, a symlink… */
  notRegular: number;
  /** At or past the file's end, such as the read that finds the end. */
  pastEnd: number;
  /** Faults taken again after their I/O: the same touch. */
  retriedFaults: number;
}

/**
 * Turns the records of a rich trace into a start's accesses and names. An access is whole pages, cut off at the file's
 * end: what the page cache had to hold for it.
 */
export class AccessFeeder<File> {
  accesses = 0;
  names = 0;
  readonly untaken: Untaken = { unnamed: 0, unnamedInodes: 0, notRegular: 0, pastEnd: 0, retriedFaults: 0 };
  readonly visitor: TraceVisitor;
  readonly #inodes: Inodes;
  readonly #sink: StartSink<File>;
  readonly #files = new Map<string, File>();
  readonly #unnamed = new Set<object>();
  #pageBytes = 4096;

  /** @param inodes  filled by `inodeCollector` from the same trace */
  constructor(inodes: Inodes, sink: StartSink<File>, types: ReadonlySet<AccessType> = new Set(accessTypes)) {
    this.#inodes = inodes;
    this.#sink = sink;
    const read = (record: FileRecord & { readonly posBytes: number; readonly countBytes: number }) => {
      const { posBytes, countBytes } = record;
      if (posBytes < 0) throw record.raw.error(`pos is ${posBytes}`);
      this.#access(record, posBytes, posBytes + countBytes, record.inodeBytes);
    };
    const visitor: TraceVisitor = {
      start: ([header]) => {
        this.#pageBytes = header?.pageBytes ?? this.#pageBytes;
      },
      open: (record) => {
        if ((record.flags & traceFlag.NO_PATH) === 0) this.#name(record.path, true);
      },
      name: (record) => this.#name(record.path, record.ino !== 0),
    };
    if (types.has('READ')) visitor.read = read;
    if (types.has('SPLICE')) visitor.splice = read;
    if (types.has('FAULT'))
      visitor.fault = (record) => {
        if ((record.flags & faultFlagTried) !== 0) this.untaken.retriedFaults++;
        else this.#page(record, record.index, record.inodeBytes);
      };
    if (types.has('READ_PAGE'))
      visitor.readPage = (record) =>
        this.#page(record, record.index, inodes.at(record.dev, record.ino).sizeBytes);
    this.visitor = visitor;
  }

  #page(of: { readonly dev: number; readonly ino: number }, index: number, inodeBytes: number): void {
    this.#access(of, index * this.#pageBytes, (index + 1) * this.#pageBytes, inodeBytes);
  }

  #access(
    of: { readonly dev: number; readonly ino: number },
    startBytes: number,
    endBytes: number,
    inodeBytes: number,
  ): void {
    const { ino } = of;
    const inode = this.#inodes.at(of.dev, ino);
    if (inode.mode !== 0 && (inode.mode & fileTypeMask) !== regularFile) this.untaken.notRegular++;
    else if (inode.path === undefined) {
      this.untaken.unnamed++;
      this.untaken.unnamedInodes = this.#unnamed.add(inode).size;
    } else if (Math.min(endBytes, inodeBytes) <= startBytes) this.untaken.pastEnd++;
    else {
      const pageBytes = this.#pageBytes;
      const firstBytes = Math.floor(startBytes / pageBytes) * pageBytes;
      const lastBytes = Math.ceil(Math.min(endBytes, inodeBytes) / pageBytes) * pageBytes;
      this.accesses++;
      this.#sink.access(
        this.#file(inode.path),
        ino,
        firstBytes,
        Math.min(lastBytes, inodeBytes) - firstBytes,
      );
    }
  }

  #file(path: string): File {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file = this.#sink.file(path);
    this.#files.set(path, file);
    return file;
  }

  #name(path: string | undefined, exists: boolean): void {
    if (path === undefined) return;
    this.names++;
    this.#sink.name(path, exists);
  }
}

/** Of i_mode: S_IFMT and S_IFREG. */
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
