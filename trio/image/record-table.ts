import type { FieldType, Struct } from './layout.ts';

/** Writes records of one kind, one behind the other, into memory that grows. */
export class RecordTable<Name extends string> {
  count = 0;
  readonly #struct: Struct<Name>;
  #bytes: Buffer;

  constructor(struct: Struct<Name>) {
    this.#struct = struct;
    this.#bytes = Buffer.alloc(64 * struct.bytes);
  }

  /** Appends a record; fields that are not given are zero. */
  add(values: Partial<Record<Name, number | Uint8Array>>): void {
    const base = this.count++ * this.#struct.bytes;
    if (base + this.#struct.bytes > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], 2 * this.#bytes.length);
    writeRecord(this.#bytes, base, this.#struct, values);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.count * this.#struct.bytes);
  }
}

/** Writes one record; fields that are not given are left as they are. */
export function writeRecord<Name extends string>(
  bytes: Buffer,
  base: number,
  struct: Struct<Name>,
  values: Partial<Record<Name, number | Uint8Array>>,
): void {
  for (const { name, type } of struct.fields) {
    const value = values[name];
    if (value !== undefined) writeField(bytes, base + struct.at[name], type, value);
  }
}

function writeField(bytes: Buffer, at: number, type: FieldType, value: number | Uint8Array): void {
  if (typeof value !== 'number') bytes.set(value, at);
  else if (type === 'u16') bytes.writeUInt16LE(value, at);
  else if (type === 'u32') bytes.writeUInt32LE(value, at);
  else if (type === 'u64') bytes.writeBigUInt64LE(BigInt(value), at);
  else bytes.writeBigInt64LE(BigInt(value), at);
}

/** Bytes that records point into; the same bytes are stored once. */
export class StringPool {
  bytesUsed = 0;
  readonly #parts: Buffer[] = [];
  readonly #offsets = new Map<string, number>();

  /** Where the bytes of a byte string are. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.bytesUsed;
    this.#offsets.set(text, offset);
    this.#parts.push(Buffer.from(text, 'latin1'));
    this.bytesUsed += text.length;
    return offset;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
