import { Readable, pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { TrioError } from '../errors.ts';

/** The first bytes of a zstd frame (RFC 8878). */
export const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * Decompresses a file that is one zstd frame, with zstd's own bound on memory (a window of 128 MiB).
 *
 * @throws TrioError `BAD_TRACE` where the frame is damaged, cut off, or followed by anything
 */
export async function* unzstd(
  path: string,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const decoder = createZstdDecompress();
  const count = { bytes: 0 };
  // An error of either comes out of the decoder.
  pipeline(Readable.from(withOneMore(compressed, count), { objectMode: false }), decoder, () => {});
  let outBytes = 0;
  try {
    for await (const chunk of decoder) {
      outBytes += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  } catch (error) {
    if (error instanceof TrioError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const what = `its zstd is damaged after ${outBytes} bytes of the trace: ${why}`;
    throw new TrioError('BAD_TRACE', `${path}: ${what}`, { cause: error });
  }
  const usedBytes = decoder.bytesWritten;
  if (usedBytes > count.bytes)
    throw new TrioError('BAD_TRACE', `${path}: its zstd is cut off, at byte ${count.bytes}`);
  if (usedBytes < count.bytes)
    throw new TrioError(
      'BAD_TRACE',
      `${path}: ${count.bytes - usedBytes} bytes follow its zstd frame; it must be one frame (byte ${usedBytes})`,
    );
}

/**
 * The chunks, counted, and one byte more at the end of the last one. Node.js 22 takes a frame that is cut off for a
 * whole one, and no version says that it passed over what follows a frame: how many bytes the decoder used tells both.
 */
async function* withOneMore(chunks: AsyncIterable<Uint8Array>, count: { bytes: number }) {
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    count.bytes += chunk.length;
    if (last) yield last;
    last = chunk;
  }
  yield Buffer.concat([last ?? new Uint8Array(0), Uint8Array.of(0)]);
}
