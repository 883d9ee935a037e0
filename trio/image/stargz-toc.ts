import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { TrioError } from '../errors.ts';
import { readTar } from './tar-reader.ts';

/** estargz/types.go: an empty gzip member whose extra field says where the table of contents begins. */
const footerBytes = 51;
const tocName = 'stargz.index.json';
const landmarks = { prefetch: '.prefetch.landmark', none: '.no.prefetch.landmark' };
/** A table of contents has some 400 bytes a file. */
const tocBytesMax = 1 << 30;

const count = z.int().nonnegative();
const tocSchema = z.object({
  version: z.literal(1),
  entries: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      size: count.default(0),
      offset: count.optional(),
      chunkOffset: count.default(0),
      chunkSize: count.default(0),
    }),
  ),
});

export interface StargzChunk {
  readonly offset: number;
  readonly compressedBytes: number;
  readonly bytes: number;
}

export interface StargzToc {
  readonly tocOffset: number;
  /** Of the tar that it is in. */
  readonly tocBytes: number;
  readonly entries: number;
  readonly prefetchBytes: number;
  /** The chunks of each file that is not empty, by its path. */
  readonly files: ReadonlyMap<string, readonly StargzChunk[]>;
}

/**
 * Reads the table of contents of an eStargz blob.
 *
 * @throws TrioError `BAD_STARGZ`
 */
export async function readToc(file: string, name: string): Promise<StargzToc> {
  const bad = (why: string) => new TrioError('BAD_STARGZ', `${name} is no eStargz blob: ${why}`);
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size < footerBytes) throw bad(`it has ${size} bytes`);
    const footer = Buffer.alloc(footerBytes);
    await handle.read(footer, 0, footerBytes, size - footerBytes);
    const [, hex] = /^([0-9a-f]{16})STARGZ$/.exec(footer.toString('latin1', 16, 38)) ?? [];
    if (hex === undefined) throw bad('it has no footer');
    const tocOffset = Number.parseInt(hex, 16);
    if (tocOffset >= size - footerBytes)
      throw bad(`its table of contents would be at ${tocOffset} of ${size} bytes`);
    const packed = Buffer.alloc(size - footerBytes - tocOffset);
    await handle.read(packed, 0, packed.length, tocOffset);
    const tar = await promisify(gunzip)(packed, { maxOutputLength: tocBytesMax }).catch((error: unknown) => {
      throw bad(`its table of contents cannot be unpacked: ${String(error)}`);
    });
    return { ...parseToc(await contentOf(tar, bad), tocOffset, bad), tocOffset, tocBytes: tar.length };
  } finally {
    await handle.close();
  }
}

async function contentOf(tar: Buffer, bad: (why: string) => TrioError): Promise<string> {
  const whole = (function* () {
    yield tar;
  })();
  for await (const { entry, content } of readTar(asAsync(whole), tocName)) {
    if (entry.path !== tocName) continue;
    const pieces: Buffer[] = [];
    for await (const piece of content()) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }
  throw bad(`its table of contents has no ${tocName}`);
}

async function* asAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

function parseToc(
  text: string,
  tocOffset: number,
  bad: (why: string) => TrioError,
): Pick<StargzToc, 'entries' | 'prefetchBytes' | 'files'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad(`${tocName} is not JSON`);
  }
  const parsed = tocSchema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error).split('\n').slice(0, 2).join(' '));
  const { entries } = parsed.data;
  // What a member ends at is where the next one begins; not all have their end in the table.
  const offsets = entries.flatMap(({ offset }) => (offset === undefined ? [] : [offset]));
  const ends = [...new Set([...offsets, tocOffset])].sort((a, b) => a - b);
  const endOf = new Map(ends.map((offset, i) => [offset, ends[i + 1]]));
  const files = new Map<string, StargzChunk[]>();
  let prefetchBytes = 0;
  let sizeBytes = 0;
  for (const { name, type, size, offset, chunkOffset, chunkSize } of entries) {
    if (type !== 'reg' && type !== 'chunk') continue;
    if (type === 'reg') sizeBytes = size;
    if (name === landmarks.prefetch) prefetchBytes = offset ?? 0;
    if (name === landmarks.prefetch || name === landmarks.none || sizeBytes === 0) continue;
    const end = offset === undefined ? undefined : endOf.get(offset);
    if (offset === undefined || end === undefined) throw bad(`${name} has no chunk at ${offset ?? 'all'}`);
    const path = `/${name.replace(/^\.?\//, '')}`;
    // The last chunk says no size: it goes to the file's end.
    const chunk = { offset, compressedBytes: end - offset, bytes: chunkSize || sizeBytes - chunkOffset };
    const chunks = files.get(path);
    if (chunks && type === 'chunk') chunks.push(chunk);
    else files.set(path, [chunk]);
  }
  return { entries: entries.length, prefetchBytes, files };
}
