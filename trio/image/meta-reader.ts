import { crc32c } from '@node-rs/crc32';
import { TrioError } from '../errors.ts';
import * as layout from './layout.ts';
import type { SectionName, Struct } from './layout.ts';

/**
 * The metadata of a runtime image: `bytes` is the whole file. Nothing of it is believed: what a record says is checked
 * against FORMAT.md before it is used, and the first thing that is wrong is reported with its place. (The kernel's
 * parser does the same in C.)
 */
export class ImageMeta {
  readonly imageId: Buffer;
  readonly dataSha256: Buffer;
  readonly dataPages: number;
  readonly sharedData: boolean;
  readonly bytes: Buffer;
  /** What the file is called in messages. */
  readonly name: string;
  readonly #sections: Readonly<Record<SectionName, { offset: number; count: number }>>;

  /** @throws TrioError `BAD_RUNTIME_IMAGE` */
  constructor(bytes: Buffer, name: string) {
    this.bytes = bytes;
    this.name = name;
    const { at } = layout.header;
    checkHeader(bytes, bytes.length, name);
    this.imageId = bytes.subarray(at.image_id, at.image_id + 32);
    this.dataSha256 = bytes.subarray(at.data_sha256, at.data_sha256 + 32);
    this.sharedData = (bytes.readUInt32LE(at.features) & layout.feature.sharedData) !== 0;
    this.dataPages = this.#u64(at.data_pages, 'data_pages', 2 ** 32 - 1);
    this.#sections = this.#readSections();
  }

  count(section: SectionName): number {
    return this.#sections[section].count;
  }

  /** Where a record begins. The caller has checked the index. */
  place(section: SectionName, index: number): number {
    return this.#sections[section].offset + index * layout.recordBytes[section];
  }

  /** A 32-bit field of a record. */
  field<Name extends string>(section: SectionName, struct: Struct<Name>, index: number, field: Name): number {
    return this.bytes.readUInt32LE(this.place(section, index) + struct.at[field]);
  }

  /** Bytes of the strings section. The caller has checked that they are there. */
  string(offset: number, lengthBytes: number): Buffer {
    const begin = this.#sections.strings.offset + offset;
    return this.bytes.subarray(begin, begin + lengthBytes);
  }

  /** @throws TrioError when a value of a 64-bit field is larger than `max` */
  #u64(at: number, field: string, max: number): number {
    const value = this.bytes.readBigUInt64LE(at);
    if (value > BigInt(max))
      throw badImage(this.name, at, `${field} is ${value}, at most ${max} is possible`);
    return Number(value);
  }

  #readSections() {
    const sections = {} as Record<SectionName, { offset: number; count: number }>;
    let expected = layout.headerBytes;
    for (const [i, name] of layout.sectionNames.entries()) {
      const at = layout.header.bytes + i * layout.section.bytes;
      const offset = this.#u64(at + layout.section.at.offset, `offset of the ${name}`, this.bytes.length);
      const count = this.bytes.readUInt32LE(at + layout.section.at.count);
      if (offset !== expected)
        throw badImage(
          this.name,
          at,
          `the ${name} are said to begin at byte ${offset}, they must at ${expected}`,
        );
      const end = offset + count * layout.recordBytes[name];
      expected = end + (-end & (layout.sectionAlignBytes - 1));
      if (expected > this.bytes.length)
        throw badImage(this.name, at, `${count} ${name} end at byte ${expected}, behind the end of the file`);
      const crc = this.bytes.readUInt32LE(at + layout.section.at.crc32c);
      const actual = crc32c(this.bytes.subarray(offset, end));
      if (crc !== actual)
        throw badImage(this.name, offset, `the ${name} have the CRC32C ${hex(actual)}, not ${hex(crc)}`);
      for (let pad = end; pad < expected; pad++)
        if (this.bytes[pad] !== 0) throw badImage(this.name, pad, `padding behind the ${name} is not zero`);
      sections[name] = { offset, count };
    }
    if (expected !== this.bytes.length)
      throw badImage(this.name, expected, `${this.bytes.length - expected} bytes too many`);
    return sections;
  }
}

/**
 * Checks the header of a file of `fileBytes` bytes, of which `bytes` are the first ones: enough to tell whether it
 * is worth reading whole.
 */
export function checkHeader(bytes: Buffer, fileBytes: number, name: string): void {
  const { at } = layout.header;
  const bad = (position: number, why: string) => badImage(name, position, why);
  if (bytes.length < layout.magic.length || !bytes.subarray(0, layout.magic.length).equals(layout.magic))
    throw bad(
      0,
      `this is no metadata of a runtime image (it does not begin with ${layout.magic.toString()})`,
    );
  if (bytes.length < layout.headerBytes)
    throw bad(bytes.length, `the file ends in its header of ${layout.headerBytes} bytes`);
  const u32 = (position: number) => bytes.readUInt32LE(position);
  const found = u32(at.version);
  if (found !== layout.version) throw bad(at.version, `version ${found}; only ${layout.version} is known`);
  const unknown = u32(at.features) & ~layout.feature.known;
  if (unknown !== 0) throw bad(at.features, `features ${hex(unknown >>> 0)} are not known`);
  if (u32(at.page_bytes) !== layout.pageBytes)
    throw bad(at.page_bytes, `pages of ${u32(at.page_bytes)} bytes; only ${layout.pageBytes} is known`);
  const crcAt = layout.headerBytes - 4;
  const crc = crc32c(bytes.subarray(0, crcAt));
  if (u32(crcAt) !== crc) throw bad(crcAt, `the header has the CRC32C ${hex(crc)}, not ${hex(u32(crcAt))}`);
  for (const position of [at.reserved, crcAt - 4])
    if (u32(position) !== 0) throw bad(position, 'a reserved field is not zero');
  const metaBytes = bytes.readBigUInt64LE(at.meta_bytes);
  if (metaBytes !== BigInt(fileBytes))
    throw bad(at.meta_bytes, `the file has ${fileBytes} bytes, its header says ${metaBytes}`);
  if (fileBytes > layout.metaBytesMax)
    throw bad(at.meta_bytes, `${fileBytes} bytes of metadata are more than ${layout.metaBytesMax}`);
}

/** What is wrong with a runtime image, and where. */
export function badImage(name: string, at: number, why: string): TrioError {
  return new TrioError('BAD_RUNTIME_IMAGE', `${name}: at byte ${at}: ${why}`);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
