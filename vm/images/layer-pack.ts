import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { goProgram } from '../tools/go-programs.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const formSchema = z.strictObject({
  digest,
  /** Bytes of the blob. */
  size: z.int().positive(),
  /** Digest of the blob's uncompressed tar. */
  diffId: digest,
  uncompressedSize: z.int().nonnegative(),
  /** eStargz: the digest of its table of contents, which the manifest vouches for. */
  tocDigest: digest.optional(),
});
const resultSchema = z.strictObject({
  diffId: digest,
  uncompressedSize: z.int().nonnegative(),
  plain: formSchema.optional(),
  estargz: formSchema,
});

/** One form of a layer: a blob in the blobs folder. */
export type LayerForm = z.output<typeof formSchema>;
/** A layer in both forms. */
export interface PackedLayer {
  readonly plain: LayerForm;
  readonly estargz: LayerForm;
}

/**
 * Writes both forms of a layer (a tar, possibly compressed) into `blobs`, named by the hex of their digests.
 *
 * @throws TrioError `BAD_LAYER` with what the packer says
 */
export async function packLayer(layer: string, blobs: string, progress: Progress): Promise<PackedLayer> {
  const { plain, estargz } = await run(layer, blobs, [], progress);
  if (!plain) throw new Error('layerpack wrote no plain form');
  return { plain, estargz };
}

/** Writes only the eStargz form: for a layer whose plain form is to stay as somebody made it. */
export async function packLazyLayer(
  layer: string,
  blobs: string,
  progress: Progress,
): Promise<{ readonly diffId: string; readonly uncompressedSize: number; readonly estargz: LayerForm }> {
  return run(layer, blobs, ['-plain=false'], progress);
}

async function run(layer: string, blobs: string, flags: string[], progress: Progress) {
  const program = await goProgram('layerpack', progress);
  await mkdir(blobs, { recursive: true });
  // Unpacked layers are large; /tmp may be a small one, the cache's disk is made for it.
  const child = execa(program, [...flags, layer, blobs], { reject: false, env: { TMPDIR: dirname(blobs) } });
  const forget = onInterrupt(() => child.kill('SIGKILL'));
  const result = await child;
  forget();
  if (result.exitCode !== 0) {
    const why = result.stderr.trim() || result.shortMessage || 'no reason given';
    throw new TrioError('BAD_LAYER', `cannot pack the layer ${layer}: ${why}`);
  }
  return resultSchema.parse(JSON.parse(result.stdout));
}
