import { TrioError } from '../errors.ts';
import { fileType } from './layout.ts';
import { fromBytes, toText, type Attributes } from './rootfs.ts';

/** One entry of a layer's tar. */
export interface TarEntry {
  /** A byte string without `./` in front and slashes at the end; empty for the root. */
  readonly path: string;
  readonly attributes: Attributes;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** The path of what a hard link is another name of; its attributes are that one's. */
  readonly linkTo: string | undefined;
}

const blockBytes = 512;
/** Long names and attributes of one entry; more is made to hurt. */
const extendedBytesMax = 8 << 20;
const zeroBlock = Buffer.alloc(blockBytes);

const types: Readonly<Record<string, number>> = {
  '\0': fileType.regular,
  '0': fileType.regular,
  '1': fileType.regular,
  '2': fileType.symlink,
  '3': fileType.character,
  '4': fileType.block,
  '5': fileType.directory,
  '6': fileType.fifo,
  '7': fileType.regular,
};

/**
 * Reads a layer's tar (ustar, pax, GNU) as a stream. Unlike tar-stream, which decodes pax records as UTF-8, it
 * keeps names and extended attributes as the bytes that they are: `security.capability` is no text.
 *
 * Each entry comes with a function that reads its content, to be called at most once and before the next entry.
 *
 * @throws TrioError `BAD_LAYER` with the position in the tar
 */
export async function* readTar(
  input: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<{ entry: TarEntry; content: () => AsyncGenerator<Buffer> }> {
  const bytes = new ByteStream(input, name);
  let global = new Map<string, Buffer>();
  let local = new Map<string, Buffer>();
  for (;;) {
    const at = bytes.position;
    const block = await bytes.take(blockBytes, at === 0);
    if (!block || block.equals(zeroBlock)) break;
    const bad = (why: string) => badLayer(name, at, why);
    checkSum(block, bad);
    const type = block.toString('latin1', 156, 157);
    const sizeBytes = local.has('size') ? paxNumber(local, 'size', bad) : number(block, 124, 12, bad);
    const isExtended = ['x', 'g', 'L', 'K'].includes(type);
    if (isExtended) {
      if (sizeBytes > extendedBytesMax) throw bad(`an extended header of ${sizeBytes} bytes`);
      const text = Buffer.from((await bytes.take(sizeBytes)) ?? []);
      await bytes.skip(-sizeBytes & (blockBytes - 1));
      if (type === 'x') local = new Map([...local, ...parsePax(text, bad)]);
      else if (type === 'g') global = new Map([...global, ...parsePax(text, bad)]);
      else local.set(type === 'L' ? 'path' : 'linkpath', untilNul(text));
      continue;
    }
    const pax = new Map([...global, ...local]);
    local = new Map();
    const entry = parseEntry(block, type, sizeBytes, pax, bad);
    const contentBytes = type === '1' ? 0 : sizeBytes;
    const end = bytes.position + contentBytes;
    yield { entry, content: () => bytes.stream(contentBytes) };
    await bytes.skip(end - bytes.position + (-contentBytes & (blockBytes - 1)));
  }
}

function parseEntry(
  block: Buffer,
  typeFlag: string,
  sizeBytes: number,
  pax: ReadonlyMap<string, Buffer>,
  bad: (why: string) => TrioError,
): TarEntry {
  for (const key of pax.keys())
    if (key.startsWith('GNU.sparse.')) throw bad('sparse files are not supported');
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? fromBytes(untilNul(block.subarray(345, 500))) : '';
  const shortName = fromBytes(untilNul(block.subarray(0, 100)));
  const rawPath = text(pax, 'path') ?? (prefix ? `${prefix}/${shortName}` : shortName);
  const rawLink = text(pax, 'linkpath') ?? fromBytes(untilNul(block.subarray(157, 257)));
  // Before ustar, a directory was a file with a slash behind its name.
  const type = typeFlag === '\0' && rawPath.endsWith('/') ? fileType.directory : types[typeFlag];
  if (type === undefined)
    throw bad(`"${toText(rawPath)}" is of the unknown type ${JSON.stringify(typeFlag)}`);
  const isDevice = type === fileType.character || type === fileType.block;
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of pax)
    if (key.startsWith('SCHILY.xattr.')) xattrs.set(key.slice('SCHILY.xattr.'.length), value);
  const [mtimeS, mtimeNs] = time(pax.get('mtime')?.toString('latin1'), bad) ?? [
    number(block, 136, 12, bad),
    0,
  ];
  const target = type === fileType.symlink ? rawLink : '';
  return {
    path: cleanPath(rawPath, bad),
    linkTo: typeFlag === '1' ? cleanPath(rawLink, bad) : undefined,
    xattrs,
    attributes: {
      mode: type | (number(block, 100, 8, bad) & 0o7777),
      uid: pax.has('uid') ? paxNumber(pax, 'uid', bad) : number(block, 108, 8, bad),
      gid: pax.has('gid') ? paxNumber(pax, 'gid', bad) : number(block, 116, 8, bad),
      sizeBytes: type === fileType.regular ? sizeBytes : target.length,
      mtimeS,
      mtimeNs,
      rdevMajor: isDevice ? number(block, 329, 8, bad) : 0,
      rdevMinor: isDevice ? number(block, 337, 8, bad) : 0,
      target,
    },
  };
}

function cleanPath(path: string, bad: (why: string) => TrioError): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw bad(`"${toText(path)}" has a ".." in it`);
  return names.join('/');
}

function checkSum(block: Buffer, bad: (why: string) => TrioError): void {
  let sum = 8 * 0x20; // the field itself counts as blanks
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  if (sum !== number(block, 148, 8, bad)) throw bad('no tar header (wrong checksum)');
}

/** Octal digits, or base 256 if the first bit is set. */
function number(block: Buffer, at: number, width: number, bad: (why: string) => TrioError): number {
  const field = block.subarray(at, at + width);
  const lead = field[0] ?? 0;
  let value: number;
  if (lead & 0x80) {
    // Two's complement without its first bit; 0xff begins a negative number.
    value = lead === 0xff ? -1 : lead & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
  } else {
    const digits = untilNul(field).toString('latin1').trim();
    if (!/^[0-7]*$/.test(digits)) throw bad(`"${digits}" is no octal number`);
    value = digits === '' ? 0 : parseInt(digits, 8);
  }
  if (!Number.isSafeInteger(value)) throw bad('a number is too large');
  return value;
}

function parsePax(text: Buffer, bad: (why: string) => TrioError): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < text.length;) {
    const blank = text.indexOf(0x20, at);
    const digits = text.toString('latin1', at, Math.min(blank, at + 12));
    const end = at + Number(digits);
    const equals = text.indexOf(0x3d, blank);
    if (
      blank < 0 ||
      !/^\d+$/.test(digits) ||
      end > text.length ||
      equals < 0 ||
      equals >= end ||
      text[end - 1] !== 0x0a
    )
      throw bad('a broken pax record');
    records.set(text.toString('latin1', blank + 1, equals), text.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

function paxNumber(pax: ReadonlyMap<string, Buffer>, key: string, bad: (why: string) => TrioError): number {
  const value = Number(pax.get(key)?.toString('latin1') || NaN);
  if (!Number.isSafeInteger(value) || value < 0) throw bad(`the pax record "${key}" is no number`);
  return value;
}

/** `-1.25` → -2 s and 750 000 000 ns. */
function time(
  value: string | undefined,
  bad: (why: string) => TrioError,
): [s: number, ns: number] | undefined {
  if (value === undefined) return undefined;
  const parts = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value);
  if (!parts) throw bad(`"${value}" is no time`);
  const s = Number(parts[2]);
  const ns = Number((parts[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (!parts[1]) return [s, ns];
  return ns === 0 ? [-s || 0, 0] : [-s - 1, 1e9 - ns];
}

function text(pax: ReadonlyMap<string, Buffer>, key: string): string | undefined {
  const value = pax.get(key);
  return value && fromBytes(value);
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** A stream of pieces, read in the lengths that a format has. */
class ByteStream {
  position = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #name: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(input: AsyncIterable<Uint8Array>, name: string) {
    this.#pieces = input[Symbol.asyncIterator]();
    this.#name = name;
  }

  /** The next bytes; undefined at the end of the stream, but only if that may be here. */
  async take(lengthBytes: number, mayEnd = true): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for await (const part of this.#stream(lengthBytes, mayEnd)) parts.push(part);
    return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  async skip(lengthBytes: number): Promise<void> {
    for await (const _ of this.stream(lengthBytes));
  }

  stream(lengthBytes: number): AsyncGenerator<Buffer> {
    return this.#stream(lengthBytes, false);
  }

  async *#stream(lengthBytes: number, mayEnd: boolean): AsyncGenerator<Buffer> {
    for (let missing = lengthBytes; missing > 0;) {
      if (this.#rest.length === 0) {
        const next = await this.#pieces.next();
        if (next.done) {
          if (mayEnd && missing === lengthBytes) return;
          throw badLayer(this.#name, this.position, `the tar ends here, ${missing} bytes too early`);
        }
        this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      this.position += part.length;
      missing -= part.length;
      yield part;
    }
  }
}

function badLayer(name: string, at: number, why: string): TrioError {
  return new TrioError('BAD_LAYER', `${name}: at byte ${at} of its tar: ${why}`);
}
