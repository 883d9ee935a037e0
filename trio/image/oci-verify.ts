import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { TrioError } from '../errors.ts';
import { blobBytes, blobPath, checkSize, wrongDigest, type OciImage, type OciLayer } from './oci-layout.ts';

/**
 * Reads every layer of an image once: size and digest as the manifest says, and unpacking to the tar that the config
 * says. (Manifest and config were checked by `openImage`.)
 *
 * @throws TrioError `BLOB_MISSING`, `BLOB_TRUNCATED`, `BLOB_SIZE`, `BLOB_DIGEST`, `LAYER_UNREADABLE`, `LAYER_DIFF_ID`
 */
export async function verifyImage(image: OciImage): Promise<void> {
  for (const layer of image.layers) await verifyLayer(image.folder, layer);
}

async function verifyLayer(folder: string, layer: OciLayer): Promise<void> {
  const file = blobPath(folder, layer.digest);
  checkSize('layer', layer.digest, await blobBytes(folder, layer.digest, 'layer'), layer.sizeBytes);
  const packed = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    packed.update(chunk as Buffer);
  const actual = `sha256:${packed.digest('hex')}`;
  if (actual !== layer.digest) throw wrongDigest('layer', layer.digest, actual);

  const unpacked = createHash('sha256');
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      unpacked.update(chunk);
      done();
    },
  });
  const input = createReadStream(file, { highWaterMark: 1 << 20 });
  try {
    if (layer.compression === 'gzip') await pipeline(input, createGunzip(), sink);
    else if (layer.compression === 'zstd') await pipeline(input, createZstdDecompress(), sink);
    else await pipeline(input, sink);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TrioError(
      'LAYER_UNREADABLE',
      `layer ${layer.digest} (${layer.mediaType}) cannot be unpacked: ${why}`,
      {
        cause: error,
      },
    );
  }
  const diffId = `sha256:${unpacked.digest('hex')}`;
  if (diffId !== layer.diffId)
    throw new TrioError(
      'LAYER_DIFF_ID',
      `layer ${layer.digest} unpacks to ${diffId}, the image's config says ${layer.diffId}`,
    );
}
