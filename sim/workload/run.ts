import { TrioError } from '../../trio/errors.ts';
import type {
  AdviseRecord,
  CopyMmRecord,
  FaultRecord,
  FileRecord,
  ForkRecord,
  MapPagesRecord,
  NameRecord,
  OpenRecord,
  PageRecord,
  ReadPageRecord,
  ReadRecord,
  RecordView,
  SpliceRecord,
  SwitchRecord,
  UnmapRecord,
  WakeRecord,
  WriteRecord,
} from '../../trio/trace/record-views.ts';
import type { StreamHeader } from '../../trio/trace/record-stream.ts';
import { faultFlagTried, recordType } from '../../trio/trace/records.ts';
import type { TraceVisitor } from '../../trio/trace/rich-trace.ts';
import { adoptedState, RunFiles, type AdoptedState } from './files.ts';
import { SchedulerEvents } from './scheduler-events.ts';
import { stepKind, StepTable, type StepKind } from './steps.ts';
import { Threads } from './threads.ts';

const nameKind = new Map<number, StepKind>([
  [recordType.LOOKUP, stepKind.lookup],
  [recordType.STAT, stepKind.stat],
  [recordType.READLINK, stepKind.readlink],
  [recordType.READDIR, stepKind.readdir],
  [recordType.EXEC, stepKind.exec],
]);

const regular = 0o10;

/** A traced run as columns: its steps in order, the files and threads that they name, and the scheduler's events. */
export class Run implements TraceVisitor {
  headers: readonly StreamHeader[] = [];
  readonly steps = new StepTable();
  readonly files = new RunFiles();
  readonly threads = new Threads();
  readonly events = new SchedulerEvents();
  readonly paths: string[] = [];
  /** By open file: its state at the first access, if it was open before the trace began. */
  readonly adopted: (AdoptedState | undefined)[] = [];
  /** Steps of a thread's parent before the thread's fork, by thread; -1: none, undefined: the fork was not seen. */
  readonly forkedAfter: (number | undefined)[] = [];
  readonly #pathIds = new Map<string, number>();
  readonly #opened: boolean[] = [];
  readonly #lastStep: number[] = [];
  /** Per thread id of the kernel, the file of its last access: what it inserts into it until the next one is that access's. */
  readonly #accessing = new Map<number, number>();

  start(headers: readonly StreamHeader[]): void {
    this.headers = headers;
  }

  open(record: OpenRecord): void {
    const step = this.#withFile(stepKind.open, record, this.#fileOf(record));
    this.#opened[record.fileId] = true;
    this.files.opened(this.steps.file[step]!, record);
  }

  read(record: ReadRecord): void {
    this.#range(this.#access(stepKind.read, record), record.posBytes, record.countBytes);
  }

  splice(record: SpliceRecord): void {
    const step = this.#access(stepKind.splice, record);
    this.#range(step, record.posBytes, record.countBytes);
    this.steps.arg[step] = Math.min(record.pipeSlotsFree, 0x7fffffff);
  }

  fault(record: FaultRecord): void {
    // The repetition of a fault is the same touch.
    if ((record.flags & faultFlagTried) !== 0) {
      this.#accessing.set(record.tid, this.#fileOf(record));
      return;
    }
    const step = this.#access(stepKind.fault, record);
    const { steps } = this;
    steps.page[step] = record.index;
    steps.mm[step] = record.mmId;
    steps.addressPage[step] = record.addressPage;
    steps.startPage[step] = record.vmStartPage;
    steps.endPage[step] = record.vmEndPage;
    steps.vmFlags[step] = record.vmFlags;
    steps.flags[step] = record.flags;
  }

  /** Kept as a range of pages, to find the touch that it answered. */
  mapPages(record: MapPagesRecord): void {
    const step = this.#withFile(stepKind.mapPages, record, this.#fileOf(record));
    this.steps.page[step] = record.firstIndex;
    this.steps.countBytes[step] = record.lastIndex + 1 - record.firstIndex;
  }

  advise(record: AdviseRecord): void {
    const step = this.#access(stepKind.advise, record);
    this.#range(step, record.posBytes, record.countBytes);
    this.steps.arg[step] = record.advice;
  }

  readPage(record: ReadPageRecord): void {
    const file = this.files.of(record.dev, record.ino, 0);
    this.#accessing.set(record.tid, file);
    const step = this.#add(stepKind.readPage, record);
    this.steps.file[step] = file;
    this.steps.page[step] = record.index;
  }

  write(record: WriteRecord): void {
    this.#range(this.#access(stepKind.write, record), record.posBytes, record.countBytes);
  }

  name(record: NameRecord): void {
    const step = this.#add(nameKind.get(record.type)!, record);
    const { steps } = this;
    const { path, ino, mode } = record;
    if (path !== undefined) steps.path[step] = this.#pathId(path);
    if (ino === 0) return;
    steps.found[step] = 1;
    steps.fileType[step] = mode >> 12;
    if (mode >> 12 !== regular) return;
    const file = this.files.of(record.dev, ino, record.inodeBytes);
    this.files.list[file]!.path ??= path;
    steps.file[step] = file;
    steps.inodeBytes[step] = record.inodeBytes;
  }

  unmap(record: UnmapRecord): void {
    const step = this.#add(stepKind.unmap, record);
    this.steps.mm[step] = record.mmId;
    this.steps.startPage[step] = record.startPage;
    this.steps.endPage[step] = record.endPage;
  }

  copyMm(record: CopyMmRecord): void {
    if (!record.hasAnon) return;
    const step = this.#add(stepKind.copyMm, record);
    this.steps.mm[step] = record.fromMmId;
    this.steps.toMm[step] = record.toMmId;
    this.steps.startPage[step] = record.startPage;
    this.steps.endPage[step] = record.endPage;
  }

  insert(record: PageRecord): void {
    const file = this.files.of(record.dev, record.ino, 0);
    if (this.#accessing.get(record.tid) !== file) this.#pageEvent(stepKind.foreign, record, file);
  }

  delete(record: PageRecord): void {
    this.#pageEvent(stepKind.remove, record, this.files.of(record.dev, record.ino, 0));
  }

  fork(record: ForkRecord): void {
    const { threads, events } = this;
    const parent = threads.of(record.tid);
    const child = this.#checked(threads.fork(record.tid, record.childTid));
    this.forkedAfter[child] = this.#lastStep[parent] ?? -1;
    events.fork(record.timeNs, record.tgid, record.tid, record.childTid);
  }

  exit(record: RecordView): void {
    this.events.exit(record.timeNs, record.tgid, record.tid);
  }

  switch(record: SwitchRecord): void {
    this.events.switch(record);
  }

  wake(record: WakeRecord): void {
    this.events.wake(record);
  }

  #add(kind: StepKind, record: RecordView): number {
    const thread = this.#checked(this.threads.of(record.tid));
    const step = this.steps.add(kind, thread, record.timeNs);
    this.#lastStep[thread] = step;
    this.events.step(record.timeNs, record.tgid, record.tid, step);
    return step;
  }

  #withFile(kind: StepKind, record: FileRecord, file: number): number {
    const step = this.#add(kind, record);
    this.steps.file[step] = file;
    this.steps.openFile[step] = record.fileId;
    this.steps.inodeBytes[step] = record.inodeBytes;
    return step;
  }

  #access(kind: StepKind, record: FileRecord): number {
    const file = this.#fileOf(record);
    this.#accessing.set(record.tid, file);
    if (!this.#opened[record.fileId]) {
      this.#opened[record.fileId] = true;
      this.adopted[record.fileId] = adoptedState(record);
    }
    return this.#withFile(kind, record, file);
  }

  #fileOf(record: FileRecord): number {
    return this.files.of(record.dev, record.ino, record.inodeBytes);
  }

  #range(step: number, posBytes: number, countBytes: number): void {
    this.steps.posBytes[step] = posBytes;
    this.steps.countBytes[step] = countBytes;
  }

  /** Of no thread of the container: it belongs to whatever step comes next. */
  #pageEvent(kind: StepKind, { timeNs, index, order }: PageRecord, file: number): void {
    const step = this.steps.add(kind, outside, timeNs);
    this.steps.file[step] = file;
    this.steps.page[step] = index;
    this.steps.arg[step] = order;
  }

  #pathId(path: string): number {
    let id = this.#pathIds.get(path);
    if (id === undefined) this.#pathIds.set(path, (id = this.paths.push(path) - 1));
    return id;
  }

  #checked(thread: number): number {
    if (thread >= outside) throw new TrioError('BAD_TRACE', `more than ${outside} threads`);
    return thread;
  }
}

/** The `thread` of a step that is none of the container's. */
export const outside = 0xffff;
