import { TrioError } from '../errors.ts';
import { PathTable } from './path-table.ts';
import { pathText } from './path-text.ts';
import type { StartSink } from './sink.ts';

/**
 * The published text trace, a line per access: `path,ino,offset,length`. A path may contain commas, so a line is read
 * from its end. Feed it with {@link push}, in chunks of any size, then {@link end}.
 *
 * What is not such a line is refused with its place: half of a trace is no trace. Memory is bounded by the distinct
 * paths (see {@link PathTable}) and one line.
 */
export class TextTraceReader<File> {
  readonly #source: string;
  readonly #sink: Pick<StartSink<File>, 'file' | 'access'>;
  readonly #paths = new PathTable();
  /** What the sink calls the files of the paths, by the paths' ids. */
  readonly #files: File[] = [];
  /** Of the chunk that is being read. */
  #chunkOffsetBytes = 0;
  /** What came of a line that has not ended yet. */
  #begun = new Uint8Array(0);
  #lines = 0;
  // The field that #number read: nothing is allocated per line.
  #value = 0;

  /** @param source  what errors call the trace, e.g. its file's name */
  constructor(source: string, sink: Pick<StartSink<File>, 'file' | 'access'>) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Lines read so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The distinct paths so far. */
  get files(): number {
    return this.#paths.size;
  }

  /** @throws TrioError `BAD_TRACE` */
  push(chunk: Uint8Array): void {
    let start = this.#begun.length > 0 ? this.#endBegun(chunk) : 0;
    for (let end = chunk.indexOf(newline, start); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#line(chunk, start, end, this.#chunkOffsetBytes + start);
      start = end + 1;
    }
    if (start < chunk.length) {
      if (chunk.length - start > lineBytesMax) throw this.#tooLong(start);
      this.#begun = chunk.slice(start);
    }
    this.#chunkOffsetBytes += chunk.length;
  }

  /** To be called when all is pushed. @throws TrioError `BAD_TRACE` if the last line has no end */
  end(): void {
    if (this.#begun.length > 0)
      throw this.#error(
        this.#chunkOffsetBytes - this.#begun.length,
        `the last line is cut off: ${quoted(this.#begun)}`,
      );
  }

  /** Adds to the line that has begun; returns where the next one starts. */
  #endBegun(chunk: Uint8Array): number {
    const newlineAt = chunk.indexOf(newline);
    const end = newlineAt < 0 ? chunk.length : newlineAt;
    const begun = this.#begun;
    if (begun.length + end > lineBytesMax) throw this.#tooLong(-begun.length);
    const line = joined(begun, chunk.subarray(0, end));
    if (newlineAt < 0) {
      this.#begun = line;
      return end;
    }
    this.#begun = new Uint8Array(0);
    this.#line(line, 0, line.length, this.#chunkOffsetBytes - begun.length);
    return end + 1;
  }

  #line(bytes: Uint8Array, start: number, end: number, offsetBytes: number): void {
    if (end - start > lineBytesMax) throw this.#error(offsetBytes, tooLong);
    const beforeLength = this.#number(bytes, start, end);
    const length = this.#value;
    const beforeOffset = this.#number(bytes, start, beforeLength);
    const offset = this.#value;
    const beforeIno = this.#number(bytes, start, beforeOffset);
    if (beforeIno < 0) throw this.#error(offsetBytes, lineFault(bytes.subarray(start, end)));
    const ino = this.#value;
    if (offset + length > Number.MAX_SAFE_INTEGER)
      throw this.#error(offsetBytes, `offset + length, ${offset} + ${length}, is above 2^53 - 1`);
    const path = this.#paths.intern(bytes, start, beforeIno);
    if (typeof path === 'string')
      throw this.#error(offsetBytes, `${path}: ${quoted(bytes.subarray(start, end))}`);
    this.#lines++;
    if (path === this.#files.length) this.#files.push(this.#sink.file(this.#paths.path(path)));
    this.#sink.access(this.#files[path] as File, ino, offset, length);
  }

  /**
   * Reads the number that ends at `end` into #value.
   *
   * @returns where the comma before it is; -1 if it is not a number, or too long to be exact, or has no comma
   */
  #number(bytes: Uint8Array, start: number, end: number): number {
    let value = 0;
    let scale = 1;
    let at = end - 1;
    for (; at >= start; at--) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value += digit * scale;
      scale *= 10;
    }
    // 16 digits that stay below are exact: each partial sum is.
    if (at < start || bytes[at] !== comma || scale === 1 || scale > 1e16) return -1;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
    this.#value = value;
    return at;
  }

  #tooLong(offsetInChunk: number): TrioError {
    return this.#error(this.#chunkOffsetBytes + offsetInChunk, tooLong);
  }

  #error(offsetBytes: number, what: string): TrioError {
    return new TrioError(
      'BAD_TRACE',
      `${this.#source}, line ${this.#lines + 1} (byte ${offsetBytes}): ${what}`,
    );
  }
}

const newline = 0x0a;
const comma = 0x2c;
/** A path of Linux (at most 4096 bytes) and three numbers fit twice. */
const lineBytesMax = 8192;
const tooLong = `the line is longer than ${lineBytesMax} bytes; this is no trace`;

/** Says what is wrong with a line that is; slow, for it is done once. */
function lineFault(line: Uint8Array): string {
  const fields = pathText(line).split(',');
  const shown = quoted(line);
  if (fields.length < 4)
    return `${fields.length} of the fields path,ino,offset,length, separated by commas: ${shown}`;
  const names = ['ino', 'offset', 'length'];
  for (const [i, text] of fields.slice(-3).entries()) {
    const name = names[i] ?? '';
    if (/^-\d+$/.test(text)) return `${name} is negative: ${shown}`;
    if (!/^\d+$/.test(text)) return `${name} is not a decimal number: ${shown}`;
    if (BigInt(text) > BigInt(Number.MAX_SAFE_INTEGER)) return `${name} is above 2^53 - 1: ${shown}`;
    if (text.length > 16) return `${name} has more than 16 digits: ${shown}`;
  }
  return `not path,ino,offset,length: ${shown}`;
}

/** A line for an error message: one line, all bytes visible, not too long. */
function quoted(line: Uint8Array): string {
  const text = JSON.stringify(pathText(line.subarray(0, 200)));
  return line.length > 200 ? `${text}…` : text;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
