import { TrioError } from '../errors.ts';
import type { RecordView } from './record-views.ts';
import * as records from './records.ts';
import { decodeRecords, type DecodeSummary, type TraceVisitor } from './rich-trace.ts';
import { sources } from './read.ts';
import { openTrace, type ReadOptions } from './trace-file.ts';

/**
 * Gives each record of a rich trace as an object that JSON can hold, with the names of kernel/include/trio_trace.h:
 * addresses of kernel objects as small numbers, other addresses and bits in hexadecimal, modes in octal, devices as
 * major:minor.
 *
 * @throws TrioError as `decodeRecords`, and `NOT_A_RICH_TRACE`
 */
export async function dumpTrace(
  paths: string | readonly string[],
  output: (record: Readonly<Record<string, unknown>>) => void,
  options: ReadOptions = {},
): Promise<DecodeSummary> {
  const trace = await openTrace(paths, options);
  if (trace.format !== 'rich')
    throw new TrioError(
      'NOT_A_RICH_TRACE',
      `${trace.files[0]?.path} is a text trace: it can be read as it is`,
    );
  const emit = (record: RecordView) => output(readable(record));
  const visitor: TraceVisitor = {
    start: (headers) => headers.forEach((header) => output({ type: 'HEADER', ...header })),
    each: (record) => {
      if (records.typeName(record.type) === undefined) emit(record);
    },
  };
  for (const method of methods) visitor[method] = emit;
  return decodeRecords(sources(trace), visitor);
}

const methods = [
  'mark',
  'open',
  'read',
  'splice',
  'fault',
  'mapPages',
  'advise',
  'readPage',
  'write',
  'name',
  'fork',
  'exit',
  'switch',
  'wake',
  'unmap',
  'copyMm',
  'insert',
  'delete',
] as const satisfies (keyof TraceVisitor)[];

function readable(record: RecordView): Record<string, unknown> {
  const type = records.typeName(record.type);
  const { timeNs, cpu, seq, tgid, tid, sizeBytes } = record;
  const result: Record<string, unknown> = { time_ns: timeNs, cpu, seq, type: type ?? record.type, tgid, tid };
  if (type === undefined) return { ...result, size: sizeBytes };
  for (const [name, field] of Object.entries(records.fields[type]) as [string, records.Field][]) {
    if (name === 'path_bytes' || name === 'text_bytes') continue;
    const view = inViews[name];
    result[name] = view ? (record as unknown as Record<string, unknown>)[view] : value(record, name, field);
  }
  return result;
}

/** What the views know better than the bytes. */
const inViews: Readonly<Record<string, string>> = {
  file: 'fileId',
  mm: 'mmId',
  from_mm: 'fromMmId',
  to_mm: 'toMmId',
  path: 'path',
  text: 'text',
};

const hexadecimal = new Set([
  'flags',
  'vm_flags',
  'ki_flags',
  'f_mode',
  'fs_magic',
  'address',
  'vm_start',
  'vm_end',
  'start',
  'end',
]);

function value(record: RecordView, name: string, { type, offset }: records.Field): unknown {
  const { view, at } = record.raw;
  const number = rawValue(view, at + offset, type);
  if (name === 'dev') return `${Number(number) >>> 20}:${Number(number) & 0xfffff}`;
  if (name === 'mode') return `0${number.toString(8)}`;
  if (hexadecimal.has(name)) return `0x${number.toString(16)}`;
  // What is not exact as a number is readable as a text.
  return Number.isSafeInteger(Number(number)) ? Number(number) : String(number);
}

function rawValue(view: DataView, at: number, type: records.FieldType): number | bigint {
  switch (type) {
    case 'u16':
      return view.getUint16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 's32':
      return view.getInt32(at, true);
    case 'u64':
      return view.getBigUint64(at, true);
    case 's64':
      return view.getBigInt64(at, true);
  }
}
