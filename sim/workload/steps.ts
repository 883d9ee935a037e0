/** What a step is. The numbers are of this table alone: nothing is stored by them. */
export const stepKind = {
  open: 1,
  read: 2,
  splice: 3,
  /** A touch of a page of a mapped file; whether it is a fault depends on what is mapped then. */
  fault: 4,
  advise: 5,
  /** The kernel reads one page for itself. */
  readPage: 6,
  write: 7,
  unmap: 8,
  /** fork(2) copies the page tables of an area. */
  copyMm: 9,
  lookup: 10,
  stat: 11,
  readlink: 12,
  readdir: 13,
  exec: 14,
  /** Not the container: a task outside of it put a folio in the page cache … */
  foreign: 15,
  /** … or one was taken out. */
  remove: 16,
  /** Only in a warm run, which is recorded with fault-around: cached pages were mapped. */
  mapPages: 17,
} as const;

export type StepKind = (typeof stepKind)[keyof typeof stepKind];

/** Files, open files, paths and address spaces are numbers of the run; -1: the step has none. Others are 0 then. */
export interface StepColumns {
  readonly kind: Uint8Array;
  /** Small ids, in order of appearance. */
  readonly thread: Uint16Array;
  readonly file: Int32Array;
  readonly openFile: Int32Array;
  /** i_size at the step, of a step with a file. */
  readonly inodeBytes: Float64Array;
  /** read, splice, advise, write */
  readonly posBytes: Float64Array;
  readonly countBytes: Float64Array;
  /** splice: free slots of the pipe; advise: POSIX_FADV_…; foreign, remove: the order of the folio. */
  readonly arg: Int32Array;
  /** fault, readPage, foreign, remove: page of the file (fault: `Touch.index`). */
  readonly page: Float64Array;
  /** fault, unmap; of copyMm the space that is copied. */
  readonly mm: Int32Array;
  /** copyMm: the new space. */
  readonly toMm: Int32Array;
  /** fault: the page of the address. */
  readonly addressPage: Float64Array;
  /** fault: the mapping; unmap, copyMm: the area. Pages of addresses, the end excluded. */
  readonly startPage: Float64Array;
  readonly endPage: Float64Array;
  /** fault: of the mapping, the lower 32 bits. */
  readonly vmFlags: Uint32Array;
  /** fault: enum fault_flag. */
  readonly flags: Uint32Array;
  /** lookup, stat, readlink, readdir, exec: index in the run's paths; -1 if the path did not fit into its record. */
  readonly path: Int32Array;
  /** lookup, stat, …: 1 if the name exists, and then the upper four bits of its mode (e.g. 0o4: a folder). */
  readonly found: Uint8Array;
  readonly fileType: Uint8Array;
}

/** Steps that are being collected. */
export class StepTable implements StepColumns {
  length = 0;
  kind = new Uint8Array(initial);
  thread = new Uint16Array(initial);
  file = new Int32Array(initial);
  openFile = new Int32Array(initial);
  inodeBytes = new Float64Array(initial);
  posBytes = new Float64Array(initial);
  countBytes = new Float64Array(initial);
  arg = new Int32Array(initial);
  page = new Float64Array(initial);
  mm = new Int32Array(initial);
  toMm = new Int32Array(initial);
  addressPage = new Float64Array(initial);
  startPage = new Float64Array(initial);
  endPage = new Float64Array(initial);
  vmFlags = new Uint32Array(initial);
  flags = new Uint32Array(initial);
  path = new Int32Array(initial);
  found = new Uint8Array(initial);
  fileType = new Uint8Array(initial);
  /** When the access began, on the run's clock. */
  timeNs = new Float64Array(initial);

  /** A new step, of which the caller sets what it has; its number. */
  add(kind: StepKind, thread: number, timeNs: number): number {
    const step = this.length++;
    if (step === this.kind.length) this.#resize((old) => grown(old));
    this.kind[step] = kind;
    this.thread[step] = thread;
    this.timeNs[step] = timeNs;
    this.file[step] = this.openFile[step] = this.mm[step] = this.toMm[step] = this.path[step] = -1;
    return step;
  }

  /** Cuts the columns to their length; nothing can be added then. */
  finish(): void {
    this.#resize((old) => old.subarray(0, this.length) as typeof old);
  }

  #resize(to: <T extends Column>(old: T) => T): void {
    this.kind = to(this.kind);
    this.thread = to(this.thread);
    this.file = to(this.file);
    this.openFile = to(this.openFile);
    this.inodeBytes = to(this.inodeBytes);
    this.posBytes = to(this.posBytes);
    this.countBytes = to(this.countBytes);
    this.arg = to(this.arg);
    this.page = to(this.page);
    this.mm = to(this.mm);
    this.toMm = to(this.toMm);
    this.addressPage = to(this.addressPage);
    this.startPage = to(this.startPage);
    this.endPage = to(this.endPage);
    this.vmFlags = to(this.vmFlags);
    this.flags = to(this.flags);
    this.path = to(this.path);
    this.found = to(this.found);
    this.fileType = to(this.fileType);
    this.timeNs = to(this.timeNs);
  }
}

const initial = 1 << 10;

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

function grown<T extends Column>(old: T): T {
  const larger = new (old.constructor as new (length: number) => T)(2 * old.length);
  larger.set(old);
  return larger;
}
