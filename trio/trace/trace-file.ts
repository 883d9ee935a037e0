import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { TrioError } from '../errors.ts';
import { traceMagic, header } from './records.ts';

/** A file of a trace, open: which format it has, and its bytes without compression. To be read once. */
export interface TraceFile {
  readonly path: string;
  readonly format: 'text' | 'rich';
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  /**
   * Called as files are read, with the bytes that came since, as they are on disk. Reading waits for it, so that what
   * is written meanwhile need not pile up.
   */
  readonly onBytes?: (bytes: number) => void | Promise<void>;
}

/**
 * Opens a text or rich trace, compressed with zstd or not; which of them it is, its first bytes say.
 *
 * @throws TrioError `TRACE_UNREADABLE`; the chunks also throw `BAD_TRACE` where the compression is damaged
 */
export async function openTraceFile(path: string, options: ReadOptions = {}): Promise<TraceFile> {
  const { head, chunks } = await peek(plainBytes(path, options), header.magic.offset + 8);
  return { path, format: isRich(head) ? 'rich' : 'text', chunks };
}

/**
 * The files of a trace: a folder stands for the streams in it, one per CPU.
 *
 * @throws TrioError `TRACE_UNREADABLE`
 */
export async function traceFilesAt(path: string): Promise<string[]> {
  const there = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!there.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  if (files.length === 0) throw new TrioError('TRACE_UNREADABLE', `${path} is a folder without a file`);
  return files
    .map(({ name }) => name)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => join(path, name));
}

/** All files of one trace, open, with the format that they have in common. */
export interface OpenTrace {
  readonly format: TraceFile['format'];
  readonly files: readonly TraceFile[];
}

/**
 * Opens the files of one trace: of the rich format the streams of its CPUs, of the text format its parts in order.
 * A folder stands for the files in it.
 *
 * @throws TrioError `TRACE_UNREADABLE`, `TRACE_STREAMS` if the formats differ
 */
export async function openTrace(
  paths: string | readonly string[],
  options: ReadOptions = {},
): Promise<OpenTrace> {
  const files: TraceFile[] = [];
  for (const path of typeof paths === 'string' ? [paths] : paths)
    for (const file of await traceFilesAt(path)) files.push(await openTraceFile(file, options));
  const [first] = files;
  if (!first) throw new TrioError('TRACE_UNREADABLE', 'no file of a trace was named');
  const other = files.find(({ format }) => format !== first.format);
  if (other)
    throw new TrioError(
      'TRACE_STREAMS',
      `${first.path} is a ${first.format} trace, ${other.path} a ${other.format} one: they are not of one trace`,
    );
  return { format: first.format, files };
}

/** Looks like a rich trace, or would but for what its reader will complain of: a text's first byte is "/". */
function isRich(head: Uint8Array): boolean {
  if (head.length < header.magic.offset + 8) return head.length > 1 && head[0] === 1 && head[1] === 0;
  const view = new DataView(head.buffer, head.byteOffset);
  return (head[0] === 1 && head[1] === 0) || view.getBigUint64(header.magic.offset, true) === traceMagic;
}

async function* plainBytes(path: string, options: ReadOptions): AsyncGenerator<Uint8Array, void> {
  const { head, chunks } = await peek(fileBytes(path, options), zstdMagic.length);
  if (zstdMagic.every((byte, i) => head[i] === byte)) yield* decompressed(path, chunks);
  else yield* chunks;
}

async function* fileBytes(path: string, { onBytes }: ReadOptions): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      yield chunk as Uint8Array;
      await onBytes?.((chunk as Uint8Array).length);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* decompressed(
  path: string,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const decoder = createZstdDecompress();
  let inBytes = 0;
  const counted = Readable.from(
    (async function* () {
      for await (const chunk of compressed) {
        inBytes += chunk.length;
        yield chunk;
      }
    })(),
    { objectMode: false },
  );
  // An error of either comes out of the decoder, below.
  pipeline(counted, decoder, () => {});
  let outBytes = 0;
  try {
    for await (const chunk of decoder) {
      outBytes += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  } catch (error) {
    if (error instanceof TrioError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TrioError(
      'BAD_TRACE',
      `${path}: its zstd is damaged after ${outBytes} bytes of the trace: ${why}`,
      {
        cause: error,
      },
    );
  }
  // Node.js stops at the end of the first frame and says nothing of what follows.
  if (decoder.bytesWritten < inBytes)
    throw new TrioError(
      'BAD_TRACE',
      `${path}: ${inBytes - decoder.bytesWritten} bytes follow its zstd frame; it must be one frame (byte ${decoder.bytesWritten})`,
    );
}

/** At least the first `bytes` bytes, if there are so many, and all of the chunks again. */
async function peek(
  source: AsyncGenerator<Uint8Array, void>,
  bytes: number,
): Promise<{ head: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const first: Uint8Array[] = [];
  let haveBytes = 0;
  while (haveBytes < bytes) {
    const result = await source.next();
    if (result.done) break;
    first.push(result.value);
    haveBytes += result.value.length;
  }
  const head = Buffer.concat(first);
  // No generator: one that was never asked for a value would not close the source.
  const chunks: AsyncIterableIterator<Uint8Array> = {
    next: async () => {
      const value = first.shift();
      return value ? { value, done: false } : source.next();
    },
    return: async () => source.return(),
    [Symbol.asyncIterator]: () => chunks,
  };
  return { head, chunks };
}

function unreadable(path: string, error: unknown): TrioError {
  if (error instanceof TrioError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'it is a folder'
        : code === 'EACCES'
          ? 'permission denied'
          : error instanceof Error
            ? error.message
            : String(error);
  return new TrioError('TRACE_UNREADABLE', `${path}: ${why}`, { cause: error });
}

/** The first bytes of a zstd frame (RFC 8878). */
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];
