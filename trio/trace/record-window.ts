import { TrioError } from '../errors.ts';
import type { Field } from './records.ts';

/** The current record of one stream: where its bytes are, and the fields that every record has. */
export class RecordWindow {
  /** What errors call the stream, e.g. its file's name. */
  readonly source: string;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Of the record, in `bytes`. */
  at = 0;
  /** Of `bytes` in the stream, uncompressed. */
  bytesOffset = 0;

  type = 0;
  sizeBytes = 0;
  seq = 0;
  timeNs = 0;
  /** From the stream's header, as the following two. */
  cpu = 0;
  pageBytes = 4096;
  pageShift = 12;

  constructor(source: string) {
    this.source = source;
  }

  u16(field: Field<'u16'>): number {
    return this.view.getUint16(this.at + field.offset, true);
  }

  u32(field: Field<'u32'>): number {
    return this.view.getUint32(this.at + field.offset, true);
  }

  s32(field: Field<'s32'>): number {
    return this.view.getInt32(this.at + field.offset, true);
  }

  /** @throws TrioError `BAD_TRACE` for a number that JavaScript does not have exactly */
  u64(field: Field<'u64'>, name: string): number {
    const high = this.view.getUint32(this.at + field.offset + 4, true);
    if (high > highMax) throw this.#inexact(field, name);
    return high * 2 ** 32 + this.view.getUint32(this.at + field.offset, true);
  }

  /** @throws TrioError `BAD_TRACE` for a number that JavaScript does not have exactly */
  s64(field: Field<'s64'>, name: string): number {
    const high = this.view.getInt32(this.at + field.offset + 4, true);
    if (high > highMax || high < -highMax) throw this.#inexact(field, name);
    return high * 2 ** 32 + this.view.getUint32(this.at + field.offset, true);
  }

  /** A count of bytes that only matters up to a file's end: what is above 2^53 - 1 becomes that. */
  clipped(field: Field<'u64'>): number {
    const high = this.view.getUint32(this.at + field.offset + 4, true);
    if (high > highMax) return Number.MAX_SAFE_INTEGER;
    return high * 2 ** 32 + this.view.getUint32(this.at + field.offset, true);
  }

  /** The page that a 64-bit address lies in: always exact. */
  addressPage(field: Field<'u64'>): number {
    const high = this.view.getUint32(this.at + field.offset + 4, true);
    const low = this.view.getUint32(this.at + field.offset, true);
    return high * 2 ** (32 - this.pageShift) + (low >>> this.pageShift);
  }

  /** An error in this record. */
  error(what: string): TrioError {
    const place = `record ${this.seq}, at byte ${this.bytesOffset + this.at}`;
    return new TrioError('BAD_TRACE', `${this.source}, ${place}: ${what}`);
  }

  #inexact(field: Field<'u64' | 's64'>, name: string): TrioError {
    const offset = this.at + field.offset;
    const value =
      field.type === 'u64' ? this.view.getBigUint64(offset, true) : this.view.getBigInt64(offset, true);
    return this.error(`${name} is ${value}, beyond 2^53 - 1`);
  }
}

/** The upper half of 2^53 - 1. */
const highMax = 0x1fffff;
