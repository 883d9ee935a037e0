import { TrioError } from '../errors.ts';
import { AddressIds } from './address-ids.ts';
import { PathTable } from './path-table.ts';
import { RecordStream, type Chunks, type StreamHeader } from './record-stream.ts';
import * as views from './record-views.ts';
import type { RecordWindow } from './record-window.ts';
import * as at from './records.ts';

/** What to do with each type of record; those without a method are passed over. See `RecordView` on what lasts. */
export interface TraceVisitor {
  /** Once, before all records. */
  start?(headers: readonly StreamHeader[]): void;
  mark?(record: views.MarkRecord): void;
  open?(record: views.OpenRecord): void;
  read?(record: views.ReadRecord): void;
  splice?(record: views.SpliceRecord): void;
  fault?(record: views.FaultRecord): void;
  mapPages?(record: views.MapPagesRecord): void;
  advise?(record: views.AdviseRecord): void;
  readPage?(record: views.ReadPageRecord): void;
  write?(record: views.WriteRecord): void;
  /** LOOKUP, STAT, READLINK, READDIR, EXEC: `type` says which. */
  name?(record: views.NameRecord): void;
  fork?(record: views.ForkRecord): void;
  exit?(record: views.RecordView): void;
  switch?(record: views.SwitchRecord): void;
  wake?(record: views.WakeRecord): void;
  unmap?(record: views.UnmapRecord): void;
  copyMm?(record: views.CopyMmRecord): void;
  insert?(record: views.PageRecord): void;
  delete?(record: views.PageRecord): void;
  /** Every record after the headers, of whatever type, before its own method. */
  each?(record: views.RecordView): void;
}

/** What was read, once it is. */
export interface DecodeSummary {
  readonly headers: readonly StreamHeader[];
  /** Without the headers. */
  readonly records: number;
  /** Of types that this reader does not know. */
  readonly unknownRecords: number;
  readonly lostRecords: number;
  /** Records with a time before that of the record that they follow in their stream. */
  readonly timeWentBack: number;
}

/**
 * Decodes the rich trace: the streams of all CPUs, merged by (time, CPU, seq), to a visitor. Nothing is allocated per
 * record, but for the paths not seen before. Runs wherever JavaScript does: `openTraceFile` gives it files.
 *
 * @throws TrioError `BAD_TRACE`, `TRACE_VERSION`, `TRACE_STREAMS` (the streams are not of one trace)
 */
export async function decodeRecords(
  sources: readonly { readonly name: string; readonly chunks: Chunks }[],
  visitor: TraceVisitor,
): Promise<DecodeSummary> {
  const streams = sources.map(({ name, chunks }) => new RecordStream(name, chunks));
  try {
    const headers: StreamHeader[] = [];
    for (const stream of streams) headers.push(await stream.header());
    checkTogether(headers);
    visitor.start?.(headers);
    const dispatcher = new Dispatcher(visitor);
    await merge(streams, (window) => dispatcher.dispatch(window));
    return {
      headers,
      records: dispatcher.records,
      unknownRecords: dispatcher.unknownRecords,
      lostRecords: streams.reduce((sum, { lostRecords }) => sum + lostRecords, 0),
      timeWentBack: streams.reduce((sum, { timeWentBack }) => sum + timeWentBack, 0),
    };
  } finally {
    for (const stream of streams) await stream.close();
  }
}

function checkTogether(headers: readonly StreamHeader[]): void {
  const byCpu = new Map<number, StreamHeader>();
  const first = headers[0];
  for (const header of headers) {
    const same = byCpu.get(header.cpu);
    const why = same
      ? `both are of CPU ${header.cpu}`
      : header.kernelRelease !== first?.kernelRelease
        ? `kernel ${header.kernelRelease} and ${first?.kernelRelease}`
        : header.pageBytes !== first.pageBytes
          ? `pages of ${header.pageBytes} and of ${first.pageBytes} bytes`
          : undefined;
    if (why !== undefined)
      throw new TrioError(
        'TRACE_STREAMS',
        `${header.source} and ${(same ?? first)?.source} are not of one trace: ${why}`,
      );
    byCpu.set(header.cpu, header);
  }
}

/** Gives the streams' records in order. There are as many streams as CPUs: a scan finds the earliest one. */
async function merge(streams: readonly RecordStream[], visit: (window: RecordWindow) => void): Promise<void> {
  const live: RecordStream[] = [];
  for (const stream of streams) if (await stream.next()) live.push(stream);
  live.sort((a, b) => a.window.cpu - b.window.cpu);
  while (live.length > 0) {
    let first = live[0] as RecordStream;
    let untilNs = Infinity; // the earliest of the other streams
    for (let i = 1; i < live.length; i++) {
      const stream = live[i] as RecordStream;
      if (stream.orderNs < first.orderNs) {
        untilNs = first.orderNs;
        first = stream;
      } else if (stream.orderNs < untilNs) untilNs = stream.orderNs;
    }
    for (;;) {
      visit(first.window);
      const more = first.next();
      if (more !== true && !(await more)) {
        live.splice(live.indexOf(first), 1);
        break;
      }
      if (first.orderNs >= untilNs) break;
    }
  }
}

/** Moves the view of each record's type over it, names its addresses, and calls the visitor. */
class Dispatcher {
  records = 0;
  unknownRecords = 0;
  readonly #visitor: TraceVisitor;
  readonly #paths = new PathTable();
  readonly #files = new AddressIds();
  readonly #mms = new AddressIds();
  readonly #any = new views.RecordView();
  readonly #mark = new views.MarkRecord();
  readonly #open = new views.OpenRecord(this.#paths);
  readonly #read = new views.ReadRecord();
  readonly #splice = new views.SpliceRecord();
  readonly #fault = new views.FaultRecord();
  readonly #mapPages = new views.MapPagesRecord();
  readonly #advise = new views.AdviseRecord();
  readonly #readPage = new views.ReadPageRecord();
  readonly #write = new views.WriteRecord();
  readonly #name = new views.NameRecord(this.#paths);
  readonly #fork = new views.ForkRecord();
  readonly #switch = new views.SwitchRecord();
  readonly #wake = new views.WakeRecord();
  readonly #unmap = new views.UnmapRecord();
  readonly #copyMm = new views.CopyMmRecord();
  readonly #page = new views.PageRecord();

  constructor(visitor: TraceVisitor) {
    this.#visitor = visitor;
  }

  dispatch(window: RecordWindow): void {
    const visitor = this.#visitor;
    const type = at.recordType;
    this.records++;
    this.#any.over(window);
    visitor.each?.(this.#any);
    // Ids are given whether or not the visitor looks, so that they do not depend on it.
    switch (window.type) {
      case type.HEADER:
        throw window.error('a second header: give the streams of several CPUs as a file each');
      case type.MARK:
        return visitor.mark?.(this.#mark.over(window));
      case type.OPEN:
        this.#open.fileId = this.#files.begin(window, at.file.file);
        return visitor.open?.(this.#open.over(window));
      case type.READ:
        return visitor.read?.(this.#ofFile(this.#read, window));
      case type.SPLICE:
        return visitor.splice?.(this.#ofFile(this.#splice, window));
      case type.FAULT:
        this.#fault.mmId = this.#mms.of(window, at.fault.mm);
        return visitor.fault?.(this.#ofFile(this.#fault, window));
      case type.MAP_PAGES:
        this.#mapPages.mmId = this.#mms.of(window, at.mapPages.mm);
        return visitor.mapPages?.(this.#ofFile(this.#mapPages, window));
      case type.ADVISE:
        return visitor.advise?.(this.#ofFile(this.#advise, window));
      case type.READ_PAGE:
        return visitor.readPage?.(this.#readPage.over(window));
      case type.WRITE:
        return visitor.write?.(this.#ofFile(this.#write, window));
      case type.LOOKUP:
      case type.STAT:
      case type.READLINK:
      case type.READDIR:
      case type.EXEC:
        return visitor.name?.(this.#name.over(window));
      case type.FORK:
        return visitor.fork?.(this.#fork.over(window));
      case type.EXIT:
        return visitor.exit?.(this.#any);
      case type.SWITCH:
        return visitor.switch?.(this.#switch.over(window));
      case type.WAKE:
        return visitor.wake?.(this.#wake.over(window));
      case type.UNMAP:
        this.#unmap.mmId = this.#mms.of(window, at.unmap.mm);
        return visitor.unmap?.(this.#unmap.over(window));
      case type.COPY_MM:
        this.#copyMm.fromMmId = this.#mms.of(window, at.copyMm.from_mm);
        this.#copyMm.toMmId = this.#mms.of(window, at.copyMm.to_mm);
        return visitor.copyMm?.(this.#copyMm.over(window));
      case type.INSERT:
        return visitor.insert?.(this.#page.over(window));
      case type.DELETE:
        return visitor.delete?.(this.#page.over(window));
      default:
        this.unknownRecords++;
    }
  }

  #ofFile<T extends views.FileRecord>(view: T, window: RecordWindow): T {
    view.fileId = this.#files.of(window, at.file.file);
    return view.over(window);
  }
}
