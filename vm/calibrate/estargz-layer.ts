import { open } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** A part of a file that is compressed, fetched and verified by itself. */
export interface Chunk {
  readonly path: string;
  /** In the file. */
  readonly offset: number;
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** What an eStargz layer's table of contents says of it. */
export interface EstargzLayer {
  readonly entries: number;
  /** Of the table of contents: uncompressed JSON. */
  readonly tocBytes: number;
  readonly chunks: readonly Chunk[];
}

const footerBytes = 51;

const tocSchema = z.object({
  entries: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      offset: z.int().optional(),
      size: z.int().optional(),
      chunkOffset: z.int().optional(),
      chunkSize: z.int().optional(),
    }),
  ),
});

/** Reads the table of contents of an eStargz blob. */
export async function readEstargzLayer(blob: string): Promise<EstargzLayer> {
  const file = await open(blob);
  try {
    const { size } = await file.stat();
    const footer = Buffer.alloc(footerBytes);
    await file.read(footer, 0, footerBytes, size - footerBytes);
    // In the footer's gzip header, an extra field: the table's offset in 16 hexadecimal digits, then STARGZ.
    const tocOffset = Number.parseInt(footer.toString('latin1', 16, 32), 16);
    const packed = Buffer.alloc(size - footerBytes - tocOffset);
    await file.read(packed, 0, packed.length, tocOffset);
    const tar = gunzipSync(packed);
    const tocBytes = Number.parseInt(tar.toString('latin1', 124, 135), 8);
    const { entries } = tocSchema.parse(JSON.parse(tar.toString('utf8', 512, 512 + tocBytes)));
    return { entries: entries.length, tocBytes, chunks: chunksOf(entries, tocOffset) };
  } finally {
    await file.close();
  }
}

function chunksOf(entries: z.infer<typeof tocSchema>['entries'], end: number): Chunk[] {
  const files = entries.filter(({ type }) => type === 'reg');
  const sizes = new Map(files.map(({ name, size = 0 }) => [name, size]));
  const parts = entries.filter(
    ({ type, size, chunkSize }) => type === 'chunk' || (type === 'reg' && (chunkSize || size)),
  );
  return parts.map(({ name, offset = 0, chunkOffset = 0, chunkSize }, i) => ({
    path: name,
    offset: chunkOffset,
    bytes: chunkSize || (sizes.get(name) ?? 0) - chunkOffset,
    compressedBytes: (parts[i + 1]?.offset ?? end) - offset,
  }));
}
