import type {
  AdviseRecord,
  FaultRecord,
  FileRecord,
  MapPagesRecord,
  OpenRecord,
  PageRecord,
  ReadPageRecord,
  ReadRecord,
  SpliceRecord,
  WriteRecord,
} from '../../trio/trace/record-views.ts';
import type { StreamHeader } from '../../trio/trace/record-stream.ts';
import { faultFlagTried, typeName } from '../../trio/trace/records.ts';
import type { TraceVisitor } from '../../trio/trace/rich-trace.ts';
import { compareInsertions, type Comparison, type InsertedFile } from './comparison.ts';
import type { Kernel } from './kernel.ts';
import type { OpenFile } from './open-file.ts';
import { isRandom, TraceFiles } from './trace-files.ts';

/** Which model a trace of this kernel release is replayed with; throws if there is none. */
export type KernelFor = (release: string) => Kernel;

/** An access before which the model's readahead state is not the recorded one: an access before it went wrong. */
export interface StateDifference {
  readonly timeNs: number;
  readonly cpu: number;
  readonly seq: number;
  /** Of record, e.g. `FAULT`. */
  readonly type: string;
  readonly path: string | undefined;
  readonly dev: number;
  readonly ino: number;
  readonly fields: readonly { readonly name: string; readonly modelled: number; readonly recorded: number }[];
}

/**
 * Gives a rich trace's accesses to the model, and holds what it inserts against what the kernel inserted. The model
 * goes on from its own state, so that a wrong step shows in all that follows from it; `differences` has for each open
 * file the first access at which its state was another than the recorded one.
 */
export class Replay implements TraceVisitor {
  readonly differences: StateDifference[] = [];
  /** Accesses whose recorded state was compared, and of these the ones that differed. */
  accesses = 0;
  accessesThatDiffer = 0;
  readonly #kernelFor: KernelFor;
  readonly #wrong = new Set<OpenFile>();
  #files: TraceFiles | undefined;

  constructor(kernelFor: KernelFor) {
    this.#kernelFor = kernelFor;
  }

  get files(): TraceFiles {
    if (!this.#files) throw new Error('the trace has not begun');
    return this.#files;
  }

  /** What the kernel inserted for the trace's accesses, e.g. to hold a prediction from another trace against it. */
  recorded(): InsertedFile[] {
    return this.files.files.map(({ dev, ino, path, recorded }) => ({ dev, ino, path, inserted: recorded }));
  }

  comparison(): Comparison {
    return compareInsertions(this.recorded(), this.files.files, 'inode');
  }

  start(headers: readonly StreamHeader[]): void {
    this.#files = new TraceFiles(this.#kernelFor(headers[0]?.kernelRelease ?? ''));
  }

  open(record: OpenRecord): void {
    this.files.open(record);
  }

  read(record: ReadRecord): void {
    this.files.cache.read(this.#access(record), record.posBytes, record.countBytes);
    this.files.collect();
  }

  splice(record: SpliceRecord): void {
    const file = this.#access(record);
    this.files.cache.splice(file, record.posBytes, record.countBytes, record.pipeSlotsFree);
    this.files.collect();
  }

  fault(record: FaultRecord): void {
    const isRetry = (record.flags & faultFlagTried) !== 0;
    this.files.cache.fault(this.#access(record), record.index, record.vmFlags, isRetry);
    this.files.collect();
  }

  mapPages(record: MapPagesRecord): void {
    this.files.cache.mapPages(this.#access(record), record.firstIndex, record.lastIndex);
  }

  advise(record: AdviseRecord): void {
    this.files.cache.advise(this.#access(record), record.posBytes, record.countBytes, record.advice);
    this.files.collect();
  }

  readPage(record: ReadPageRecord): void {
    this.files.cache.readPage(this.files.accessPage(record), record.index);
    this.files.collect();
  }

  write(record: WriteRecord): void {
    this.files.cache.write(this.#access(record).inode, record.posBytes, record.countBytes);
    this.files.collect();
  }

  insert(record: PageRecord): void {
    this.files.insert(record);
  }

  delete(record: PageRecord): void {
    this.files.delete(record);
  }

  #access(record: FileRecord): OpenFile {
    const file = this.files.access(record);
    this.accesses++;
    if (!isAsRecorded(file, record)) {
      this.accessesThatDiffer++;
      if (!this.#wrong.has(file)) {
        this.#wrong.add(file);
        this.differences.push(difference(file, record, this.files.of(file.inode).path));
      }
    }
    return file;
  }
}

function isAsRecorded(file: OpenFile, record: FileRecord): boolean {
  return (
    file.startPage === record.raStartPage &&
    file.sizePages === record.raSizePages &&
    file.asyncPages === record.raAsyncPages &&
    file.raPages === record.raPages &&
    file.mmapMiss === record.raMmapMiss &&
    file.prevPosBytes === record.raPrevPosBytes &&
    file.random === isRandom(record)
  );
}

function difference(file: OpenFile, record: FileRecord, path: string | undefined): StateDifference {
  const { timeNs, cpu, seq, dev, ino } = record;
  const fields = [
    { name: 'start', modelled: file.startPage, recorded: record.raStartPage },
    { name: 'size', modelled: file.sizePages, recorded: record.raSizePages },
    { name: 'async_size', modelled: file.asyncPages, recorded: record.raAsyncPages },
    { name: 'ra_pages', modelled: file.raPages, recorded: record.raPages },
    { name: 'mmap_miss', modelled: file.mmapMiss, recorded: record.raMmapMiss },
    { name: 'prev_pos', modelled: file.prevPosBytes, recorded: record.raPrevPosBytes },
    { name: 'random', modelled: Number(file.random), recorded: Number(isRandom(record)) },
  ].filter(({ modelled, recorded }) => modelled !== recorded);
  return { timeNs, cpu, seq, type: typeName(record.type) ?? '?', path, dev, ino, fields };
}
