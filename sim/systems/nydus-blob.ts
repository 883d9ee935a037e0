import { gunzipNs, gzipBytes, inLayerOrder } from './gzip-bytes.ts';
import type { Image, ImageFile } from './image.ts';
import { kept, type Reads } from './kept.ts';

/** A part of a file that is compressed by itself. */
export interface NydusChunk {
  /** Among those of the blob. */
  readonly index: number;
  /** In the file. */
  readonly position: number;
  readonly bytes: number;
  /** In the blob. */
  readonly offset: number;
  readonly compressedBytes: number;
  /** What gunzip would take for the same. */
  readonly gunzipNs: number;
}

/** The data of a layer, chunk after chunk. */
export interface NydusBlob {
  readonly digest: string;
  readonly bytes: number;
  readonly chunks: readonly NydusChunk[];
}

/** Where the files' data are, estimated from the eStargz image: nydusify packs the same files in the same order. */
export class NydusLayout {
  readonly blobs: readonly NydusBlob[];
  readonly #chunks = new Map<number, readonly NydusChunk[]>();

  constructor(image: Image, reads: Reads) {
    const chunkBytes = reads('nydus.chunkBytes');
    const ratio = reads('nydus.zstdRatio');
    const chunks: NydusChunk[][] = image.plain.layers.map(() => []);
    const endOf = chunks.map(() => 0);
    for (const file of inLayerOrder(image.regularFiles())) {
      const own: NydusChunk[] = [];
      for (let position = 0; position < file.bytes; position += chunkBytes) {
        const bytes = Math.min(chunkBytes, file.bytes - position);
        const gzip = gzipBytes(file, position, bytes);
        const index = chunks[file.layer]!.length;
        const offset = endOf[file.layer]!;
        const compressedBytes = Math.max(1, Math.min(bytes, Math.ceil(gzip * ratio)));
        const chunk = {
          index,
          position,
          bytes,
          offset,
          compressedBytes,
          gunzipNs: gunzipNs(reads, gzip, bytes),
        };
        own.push(chunk);
        chunks[file.layer]!.push(chunk);
        endOf[file.layer] = offset + compressedBytes;
      }
      this.#chunks.set(file.id, own);
    }
    this.blobs = image.plain.layers.map(({ digest }, layer) => ({
      digest: `nydus@${digest}`,
      bytes: endOf[layer]!,
      chunks: chunks[layer]!,
    }));
  }

  /** The chunks that hold these bytes of a file. */
  chunks(file: ImageFile, position: number, bytes: number): readonly NydusChunk[] {
    const own = this.#chunks.get(file.id) ?? [];
    return own.filter(
      (chunk) => chunk.position < position + bytes && chunk.position + chunk.bytes > position,
    );
  }
}

/** The layout of an image; it does not change once it is made. */
export const nydusLayout = kept((image: Image, _: Image, reads) => new NydusLayout(image, reads));
