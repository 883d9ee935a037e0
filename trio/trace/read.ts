import { stat } from 'node:fs/promises';
import { TrioError } from '../errors.ts';
import { AccessFeeder, type AccessType, type Untaken } from './access-feeder.ts';
import { Inodes, inodeCollector } from './inodes.ts';
import type { RecordView } from './record-views.ts';
import { decodeRecords, type DecodeSummary } from './rich-trace.ts';
import type { StartSink } from './sink.ts';
import { TextTraceReader } from './text-trace.ts';
import { openTrace, type OpenTrace, type ReadOptions } from './trace-file.ts';

/** What a trace held, and what of it the sink did not get. */
export interface TraceSummary {
  readonly format: 'text' | 'rich';
  /** Lines or records (without the streams' headers). */
  readonly records: number;
  /** Records that the kernel could not write; a text trace does not tell. */
  readonly lostRecords: number;
  /** Of types that this version does not know. */
  readonly unknownRecords: number;
  /** Given to the sink. */
  readonly accesses: number;
  readonly names: number;
  readonly untaken: Untaken;
  readonly pageBytes: number;
  /** Undefined for a text trace. */
  readonly faultAroundBytes: number | undefined;
  readonly kernelRelease: string | undefined;
  /** Why the accesses may not be all that there were; for people. */
  readonly warnings: readonly string[];
}

export interface StartTraceOptions extends ReadOptions {
  /** Only accesses by these records; the text format does not tell them apart. */
  readonly accessTypes?: ReadonlySet<AccessType>;
  /** Called with the format before anything is read; what it throws refuses the trace. */
  readonly accept?: (format: TraceSummary['format']) => void;
  /** Called for every record of a rich trace after its headers, in order of time, before what the sink gets of it. */
  readonly onRecord?: (record: RecordView) => void;
}

/**
 * Reads a trace in either format, compressed with zstd or not, into a sink.
 *
 * A text trace's ranges come as they are written: its offsets and lengths are whole pages that may go past the file's
 * end. From a rich trace come the pages that were touched, exactly, clipped to the file's end. An inode is named by
 * the first path it was used by, which may come later, so that a rich trace is read twice.
 *
 * @param paths  the streams of a rich trace (one per CPU) or the parts of a text trace; a folder stands for its files
 * @throws TrioError `TRACE_UNREADABLE`, `BAD_TRACE`, `TRACE_VERSION`, `TRACE_STREAMS`
 */
export async function readStartTrace<File>(
  paths: string | readonly string[],
  sink: StartSink<File>,
  options: StartTraceOptions = {},
): Promise<TraceSummary> {
  const trace = await openTrace(paths, options);
  options.accept?.(trace.format);
  return trace.format === 'text' ? readText(trace, sink) : readRich(trace, paths, sink, options);
}

async function readText<File>(trace: OpenTrace, sink: StartSink<File>): Promise<TraceSummary> {
  let lines = 0;
  for (const { path, chunks } of trace.files) {
    const reader = new TextTraceReader(path, sink);
    for await (const chunk of chunks) reader.push(chunk);
    reader.end();
    lines += reader.lines;
  }
  return {
    format: 'text',
    records: lines,
    lostRecords: 0,
    unknownRecords: 0,
    accesses: lines,
    names: 0,
    untaken: { unnamed: 0, unnamedInodes: 0, notRegular: 0, pastEnd: 0, retriedFaults: 0 },
    pageBytes: 4096,
    faultAroundBytes: undefined,
    kernelRelease: undefined,
    warnings: [],
  };
}

async function readRich<File>(
  trace: OpenTrace,
  paths: string | readonly string[],
  sink: StartSink<File>,
  options: StartTraceOptions,
): Promise<TraceSummary> {
  for (const { path } of trace.files)
    if (!(await stat(path)).isFile())
      throw new TrioError('TRACE_UNREADABLE', `${path} is no regular file, and a rich trace is read twice`);
  const inodes = new Inodes();
  await decodeRecords(sources(trace), inodeCollector(inodes));
  const feeder = new AccessFeeder(inodes, sink, options.accessTypes);
  if (options.onRecord) feeder.visitor.each = options.onRecord;
  const decoded = await decodeRecords(sources(await openTrace(paths, options)), feeder.visitor);
  const [header] = decoded.headers;
  return {
    format: 'rich',
    records: decoded.records,
    lostRecords: decoded.lostRecords,
    unknownRecords: decoded.unknownRecords,
    accesses: feeder.accesses,
    names: feeder.names,
    untaken: feeder.untaken,
    pageBytes: header?.pageBytes ?? 4096,
    faultAroundBytes: header?.faultAroundBytes,
    kernelRelease: header?.kernelRelease,
    warnings: warnings(decoded, feeder.untaken),
  };
}

/** The streams of a rich trace as `decodeRecords` takes them. */
export function sources(trace: OpenTrace) {
  return trace.files.map(({ path, chunks }) => ({ name: path, chunks }));
}

function warnings({ lostRecords, headers }: DecodeSummary, { unnamed, unnamedInodes }: Untaken): string[] {
  const list: string[] = [];
  if (lostRecords > 0) list.push(`${lostRecords} records were lost: the kernel's buffer was full`);
  const hidden = headers.find(({ faultAroundBytes, pageBytes }) => faultAroundBytes > pageBytes);
  if (hidden)
    list.push(
      `recorded with fault_around_bytes=${hidden.faultAroundBytes}: pages mapped around a fault are not in it; record with ${hidden.pageBytes}`,
    );
  if (unnamed > 0) list.push(`${unnamed} accesses to ${unnamedInodes} inodes that no record gives a path`);
  return list;
}
