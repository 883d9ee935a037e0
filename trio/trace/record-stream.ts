import { TrioError } from '../errors.ts';
import { RecordWindow } from './record-window.ts';
import { header, minBytes, record, recordBytes, recordType, traceMagic, traceVersion } from './records.ts';

/** Bytes in chunks of any size, from a file, an array, the network… */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What the first record of a stream says of all of it. */
export interface StreamHeader {
  readonly source: string;
  readonly cpu: number;
  readonly pageBytes: number;
  readonly faultAroundBytes: number;
  readonly kernelRelease: string;
}

/**
 * The records of one CPU, one after the other: frames them, checks what all have, counts what is lost. It holds a
 * chunk and at most one record more.
 */
export class RecordStream {
  readonly window: RecordWindow;
  /** Records that the kernel could not write: gaps in `seq`. */
  lostRecords = 0;
  /**
   * When the current record comes in the merge: its time, but never before the record that it follows in its stream.
   * An interrupt may get its record in between a probe's look at the clock and the probe's record.
   */
  orderNs = 0;
  /** Records whose time is before that of the record that they follow. */
  timeWentBack = 0;

  readonly #chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  #nextSeq = 0;
  #nextAt = 0;

  constructor(source: string, chunks: Chunks) {
    this.window = new RecordWindow(source);
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /**
   * Moves to the next record; false at the end. A promise only when bytes must be waited for, so that a stream of a
   * million records does not wait a million times.
   *
   * @throws TrioError `BAD_TRACE`
   */
  next(): boolean | Promise<boolean> {
    return this.#frame() || this.#nextAfterMore();
  }

  /** Reads the first record. @throws TrioError `BAD_TRACE`, `TRACE_VERSION` */
  async header(): Promise<StreamHeader> {
    const window = this.window;
    const versionEnd = header.version.offset + 4;
    while (window.bytes.length < versionEnd && (await this.#more()));
    const magic = window.bytes.length < versionEnd ? 0n : window.view.getBigUint64(header.magic.offset, true);
    if (magic !== traceMagic || window.view.getUint16(0, true) !== recordType.HEADER)
      throw window.error(
        'the stream does not begin with a header (TRIOTRV1): this is no trace of rio_tracker',
      );
    const version = window.u32(header.version);
    if (version !== traceVersion)
      throw new TrioError(
        'TRACE_VERSION',
        `${window.source} is a trace of version ${version}; only version ${traceVersion} can be read`,
      );
    await this.next();
    window.cpu = window.u32(header.cpu);
    const pageBytes = window.u32(header.page_bytes);
    if (pageBytes < 4096 || pageBytes > 65536 || !isPowerOf2(pageBytes))
      throw window.error(`pages of ${pageBytes} bytes`);
    window.pageBytes = pageBytes;
    window.pageShift = Math.log2(pageBytes);
    return {
      source: window.source,
      cpu: window.cpu,
      pageBytes,
      faultAroundBytes: window.u32(header.fault_around_bytes),
      kernelRelease: this.#kernelRelease(),
    };
  }

  /** Lets go of what the bytes come from, when the reader stops before the end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #nextAfterMore(): Promise<boolean> {
    while (await this.#more()) if (this.#frame()) return true;
    const window = this.window;
    const left = window.bytes.length - this.#nextAt;
    if (left === 0) return false;
    window.at = this.#nextAt;
    window.seq = this.#nextSeq;
    throw window.error(`the stream ends within a record, ${left} bytes after its begin`);
  }

  /** Moves the window to the next record if all of it is there. */
  #frame(): boolean {
    const window = this.window;
    const at = this.#nextAt;
    const left = window.bytes.length - at;
    if (left < recordBytes) return false;
    window.at = at;
    const type = window.u16(record.type);
    const sizeBytes = window.u16(record.size);
    const seq = window.u32(record.seq);
    window.seq = seq;
    if (sizeBytes < recordBytes || sizeBytes % 8 !== 0)
      throw window.error(`a record of ${sizeBytes} bytes; the stream is damaged`);
    if (left < sizeBytes) return false;
    const min = minBytesOf[type];
    if (min !== undefined && sizeBytes < min)
      throw window.error(`a record of type ${type} has ${sizeBytes} bytes instead of at least ${min}`);
    // As the kernel counts, modulo 2^32.
    const lost = (seq - this.#nextSeq) >>> 0;
    if (lost >= 2 ** 31) throw window.error(`the record's number is not above ${this.#nextSeq - 1}`);
    this.lostRecords += lost;
    const timeNs = window.u64(record.time_ns, 'time_ns');
    if (timeNs >= this.orderNs) this.orderNs = timeNs;
    else this.timeWentBack++;
    window.type = type;
    window.sizeBytes = sizeBytes;
    window.timeNs = timeNs;
    this.#nextSeq = (seq + 1) >>> 0;
    this.#nextAt = at + sizeBytes;
    return true;
  }

  /** Puts the next chunk behind what is left; false if there is none. */
  async #more(): Promise<boolean> {
    const result = await this.#chunks.next();
    if (result.done) return false;
    const window = this.window;
    const left = window.bytes.subarray(this.#nextAt);
    const bytes = new Uint8Array(left.length + result.value.length);
    bytes.set(left);
    bytes.set(result.value, left.length);
    window.bytesOffset += this.#nextAt;
    window.bytes = bytes;
    window.view = new DataView(bytes.buffer);
    window.at = 0;
    this.#nextAt = 0;
    return true;
  }

  #kernelRelease(): string {
    const { offset, bytes } = header.kernel_release;
    const start = this.window.at + offset;
    const all = this.window.bytes.subarray(start, start + bytes);
    const end = all.indexOf(0);
    if (end < 0) throw this.window.error('the kernel release has no end');
    return new TextDecoder().decode(all.subarray(0, end));
  }
}

const minBytesOf: (number | undefined)[] = [];
for (const [name, type] of Object.entries(recordType))
  minBytesOf[type] = minBytes[name as keyof typeof recordType];

function isPowerOf2(n: number): boolean {
  return (n & (n - 1)) === 0;
}
