import type { RecordTypeName } from '../../trio/trace/records.ts';
import { parseTraceHeader, traceHeaderText, type Struct } from './trace-header.ts';

/**
 * Writes rich traces as rio_tracker does. The layout comes from the C header, not from trio/trace/: what the reader
 * makes of these bytes shows that both agree.
 */
const header = parseTraceHeader(traceHeaderText);

/** The struct of each type of record, by the words of the header. */
export const structOf: Readonly<Record<RecordTypeName, string>> = {
  HEADER: 'trio_trace_header',
  MARK: 'trio_trace_mark',
  OPEN: 'trio_trace_open',
  READ: 'trio_trace_read',
  SPLICE: 'trio_trace_splice',
  FAULT: 'trio_trace_fault',
  MAP_PAGES: 'trio_trace_map_pages',
  ADVISE: 'trio_trace_advise',
  READ_PAGE: 'trio_trace_read_page',
  WRITE: 'trio_trace_write',
  LOOKUP: 'trio_trace_name',
  STAT: 'trio_trace_name',
  READLINK: 'trio_trace_name',
  READDIR: 'trio_trace_name',
  EXEC: 'trio_trace_name',
  FORK: 'trio_trace_fork',
  EXIT: 'trio_trace_exit',
  SWITCH: 'trio_trace_switch',
  WAKE: 'trio_trace_wake',
  UNMAP: 'trio_trace_unmap',
  COPY_MM: 'trio_trace_copy_mm',
  INSERT: 'trio_trace_page',
  DELETE: 'trio_trace_page',
};

/** Members by the header's names; those left out are 0. A text is the struct's array of characters. */
export type Members = Readonly<Record<string, number | bigint | string | Uint8Array>>;

/** One record. `type` and `size` follow from the type and the text, unless members say otherwise. */
export function record(type: RecordTypeName, members: Members = {}): Uint8Array {
  const struct = structNamed(structOf[type]);
  const flexible = struct.members.find(({ count }) => count === 0);
  const text = flexible ? textBytes(members[flexible.name]) : new Uint8Array(0);
  const lengthName = flexible && `${flexible.name}_bytes`;
  const sizeBytes = Math.ceil(Math.max(struct.sizeBytes, (flexible?.offset ?? 0) + text.length) / 8) * 8;
  const all: Members = {
    type: header.enums.get(`TRIO_TRACE_${type}`) ?? 0,
    size: sizeBytes,
    ...(lengthName && { [lengthName]: text.length }),
    ...members,
  };
  const known = new Set(struct.members.map(({ name }) => name));
  for (const name of Object.keys(all)) if (!known.has(name)) throw new Error(`${type} has no member ${name}`);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  for (const { name, type: width, offset, count } of struct.members) {
    const value = all[name];
    if (value === undefined) continue;
    if (width === 'char') {
      const chars = textBytes(value);
      bytes.set(count === 0 ? chars : chars.subarray(0, count), offset);
    } else if (width === 'u16') view.setUint16(offset, Number(value), true);
    else if (width === 'u32') view.setUint32(offset, Number(value), true);
    else if (width === 's32') view.setInt32(offset, Number(value), true);
    else if (width === 'u64') view.setBigUint64(offset, BigInt(value as number), true);
    else view.setBigInt64(offset, BigInt(value as number), true);
  }
  return bytes;
}

/** The stream of one CPU, written record by record: numbers them, and lets a nanosecond pass between them. */
export class StreamWriter {
  readonly #records: Uint8Array[] = [];
  #seq = 0;
  #timeNs = -1;

  constructor(members: Members = {}) {
    this.add('HEADER', {
      magic: header.defines.get('TRIO_TRACE_MAGIC') ?? 0,
      version: header.defines.get('TRIO_TRACE_VERSION') ?? 0,
      page_bytes: 4096,
      fault_around_bytes: 4096,
      kernel_release: '6.12.0-test',
      ...members,
    });
  }

  add(type: RecordTypeName, members: Members = {}): this {
    const numbered = { seq: this.#seq, time_ns: this.#timeNs + 1, ...members };
    this.#records.push(record(type, numbered));
    this.#seq = Number(numbered.seq) + 1;
    this.#timeNs = Number(numbered.time_ns);
    return this;
  }

  /** Bytes as they are, e.g. of a type that nobody knows. */
  raw(bytes: Uint8Array): this {
    this.#records.push(bytes);
    this.#seq++;
    return this;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#records);
  }
}

function structNamed(name: string): Struct {
  const struct = header.structs.get(name);
  if (!struct) throw new Error(`the header has no struct ${name}`);
  return struct;
}

function textBytes(value: Members[string] | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(0);
}
