import type { ImageFile } from './image.ts';
import type { Reads } from './kept.ts';

/** What a part of a file takes in the eStargz blob: what is known of how well it compresses. */
export function gzipBytes({ chunks }: ImageFile, position: number, bytes: number): number {
  let sum = 0;
  for (const chunk of chunks) {
    const from = Math.max(position, chunk.position);
    const to = Math.min(position + bytes, chunk.position + chunk.bytes);
    if (to > from) sum += (chunk.compressedBytes * (to - from)) / chunk.bytes;
  }
  return sum;
}

/** What gunzip takes for it: the measure of other decompressors. */
export function gunzipNs(reads: Reads, compressedBytes: number, bytes: number): number {
  return reads('gunzip.compressedBytes') * compressedBytes + reads('gunzip.bytes') * bytes;
}

/** Files as they lie in the layers' blobs: by layer, then as they were packed. */
export function inLayerOrder(files: Iterable<ImageFile>): ImageFile[] {
  const offset = ({ chunks }: ImageFile) => chunks[0]?.offset ?? 0;
  return [...files].sort((a, b) => a.layer - b.layer || offset(a) - offset(b) || a.id - b.id);
}
