import type {
  AdviseRecord,
  CopyMmRecord,
  FaultRecord,
  OpenRecord,
  PageRecord,
  ReadPageRecord,
  ReadRecord,
  SpliceRecord,
  UnmapRecord,
  WriteRecord,
} from '../../trio/trace/record-views.ts';
import type { StreamHeader } from '../../trio/trace/record-stream.ts';
import { faultFlagTried } from '../../trio/trace/records.ts';
import type { TraceVisitor } from '../../trio/trace/rich-trace.ts';
import type { InsertedFile } from './comparison.ts';
import { PageTables } from './page-tables.ts';
import type { KernelFor } from './replay.ts';
import { touch } from './touch.ts';
import { TraceFiles, type FileSettings } from './trace-files.ts';

export interface PredictionSettings {
  readonly kernelFor: KernelFor;
  /** fault_around_bytes, in pages; 1: none. */
  readonly faultAroundPages: number;
  /** What holds for a file that is opened; undefined: what was recorded. */
  settingsOf(record: OpenRecord): FileSettings | undefined;
}

/**
 * What the cache would get if the same program ran on another file system or with other settings of readahead and
 * fault-around. The trace must be one with every touch of a mapped page in it, that is, recorded with
 * fault_around_bytes=4096; which of them are faults follows from page tables of its own.
 *
 * What the program does is taken to be the same, in the same order. Pages that were removed in the recorded run are
 * removed; those that it did not have stay.
 */
export class Prediction implements TraceVisitor {
  readonly #settings: PredictionSettings;
  readonly #tables = new PageTables();
  #files: TraceFiles | undefined;

  constructor(settings: PredictionSettings) {
    this.#settings = settings;
  }

  get files(): TraceFiles {
    if (!this.#files) throw new Error('the trace has not begun');
    return this.#files;
  }

  inserted(): readonly InsertedFile[] {
    return this.files.files;
  }

  start(headers: readonly StreamHeader[]): void {
    for (const { source, faultAroundBytes, pageBytes } of headers)
      if (faultAroundBytes > pageBytes)
        throw new Error(
          `${source} was recorded with fault_around_bytes=${faultAroundBytes}, which hides touches; ` +
            `a prediction needs a trace with fault_around_bytes=${pageBytes}`,
        );
    this.#files = new TraceFiles(this.#settings.kernelFor(headers[0]?.kernelRelease ?? ''));
  }

  open(record: OpenRecord): void {
    this.files.open(record, this.#settings.settingsOf(record));
  }

  read(record: ReadRecord): void {
    this.files.cache.read(this.files.access(record), record.posBytes, record.countBytes);
    this.files.collect();
  }

  splice(record: SpliceRecord): void {
    const file = this.files.access(record);
    this.files.cache.splice(file, record.posBytes, record.countBytes, record.pipeSlotsFree);
    this.files.collect();
  }

  fault(record: FaultRecord): void {
    const file = this.files.access(record);
    // The repetition of a fault is the same touch.
    if ((record.flags & faultFlagTried) !== 0) return;
    touch(this.files.cache, this.#tables, file, record, this.#settings.faultAroundPages);
    this.files.collect();
  }

  advise(record: AdviseRecord): void {
    this.files.cache.advise(this.files.access(record), record.posBytes, record.countBytes, record.advice);
    this.files.collect();
  }

  readPage(record: ReadPageRecord): void {
    this.files.cache.readPage(this.files.accessPage(record), record.index);
    this.files.collect();
  }

  write(record: WriteRecord): void {
    this.files.cache.write(this.files.access(record).inode, record.posBytes, record.countBytes);
    this.files.collect();
  }

  unmap(record: UnmapRecord): void {
    this.#tables.unmap(record.mmId, record.startPage, record.endPage);
  }

  copyMm(record: CopyMmRecord): void {
    if (record.hasAnon) this.#tables.copy(record.fromMmId, record.toMmId, record.startPage, record.endPage);
  }

  insert(record: PageRecord): void {
    this.files.insert(record);
  }

  delete(record: PageRecord): void {
    this.files.delete(record);
  }
}
