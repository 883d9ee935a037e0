import { constants } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { usageError } from '../../trio/errors.ts';
import { blobPath, openImage, type OciImage } from '../../trio/image/oci-layout.ts';
import { verifyImage } from '../../trio/image/oci-verify.ts';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { blobsFolder, finishImage, layoutFolder, readImage, type BuiltImage } from './built-image.ts';
import { parseImageSpec, type ImageSpec } from './image-spec.ts';
import { importArchive } from './import-archive.ts';
import { packLazyLayer } from './layer-pack.ts';
import { layerDescriptor, writeIndex, writeManifest, type Descriptor } from './oci-writer.ts';
import { diskVersion } from './registry-disk.ts';
import { parseReadiness, type Readiness } from './readiness.ts';

/** How a user's image is to be started. */
export interface UserImageOptions {
  /** Replaces the image's Cmd (its Entrypoint stays), as `docker run IMAGE CMD…` does. */
  readonly cmd?: readonly string[];
  /** When its container counts as ready; an image cannot say that itself. */
  readonly ready: string | Readiness;
}

/** Changes whenever the same image would give another folder. */
const version = 1;

/**
 * A user's image in both forms, checked blob by blob on its way into the cache: `oci:DIR:TAG`,
 * `docker-archive:FILE[:NAME:TAG]` or the path of either. The plain form keeps the image's own manifest and layers.
 *
 * @throws TrioError for a spec, a readiness or an image that is wrong, with what and where
 */
export async function userImage(
  spec: string,
  options: UserImageOptions,
  progress: Progress,
): Promise<BuiltImage> {
  const readiness = typeof options.ready === 'string' ? parseReadiness(options.ready) : options.ready;
  const parsed = await parseImageSpec(spec);
  const source = await openSource(parsed, progress);
  const args = options.cmd ?? source.cmd;
  const command = [...source.entrypoint, ...args];
  if (command.length === 0)
    throw usageError('NO_COMMAND', `${spec} has neither Entrypoint nor Cmd: say what to run with --cmd`);
  const { name } = parsed;
  const recipe = { manifest: source.manifest.digest, name, version, disk: diskVersion };
  const dir = await cached({ kind: 'user-image', name, recipe }, progress, (partial) =>
    progress.stage(`taking in the image ${spec}`, (note) => takeIn(source, name, partial, progress, note)),
  );
  return readImage(dir, { name, command, args, env: {}, readiness });
}

/**
 * Finds what is wrong with a user's image before anything is built for it: the spec, the layout and, of a layout, the
 * size and digest of every blob.
 */
export async function checkUserImage(spec: string): Promise<void> {
  const parsed = await parseImageSpec(spec);
  if (parsed.kind === 'layout') await verifyImage(await openImage(resolve(parsed.folder), parsed.tag));
}

async function openSource(spec: ImageSpec, progress: Progress): Promise<OciImage> {
  if (spec.kind === 'layout') return openImage(resolve(spec.folder), spec.tag);
  return openImage(await importArchive(spec, progress), undefined);
}

async function takeIn(
  source: OciImage,
  name: string,
  dir: string,
  progress: Progress,
  note: (text: string) => void,
): Promise<void> {
  note('checking its layers');
  await verifyImage(source);
  const layout = join(dir, layoutFolder);
  const blobs = blobsFolder(dir);
  await mkdir(blobs, { recursive: true });
  // Copies, not links: what the user does to the layout later must not reach the cache.
  for (const { digest } of [source.manifest, source.config, ...source.layers])
    await copyFile(blobPath(source.folder, digest), blobPath(layout, digest), constants.COPYFILE_FICLONE);

  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const [i, layer] of source.layers.entries()) {
    note(`converting layer ${i + 1} of ${source.layers.length}`);
    const { estargz } = await packLazyLayer(blobPath(source.folder, layer.digest), blobs, progress);
    layers.push(layerDescriptor(estargz));
    diffIds.push(estargz.diffId);
  }
  const config = JSON.parse(await readFile(blobPath(layout, source.config.digest), 'utf8')) as Record<
    string,
    unknown
  >;
  const lazy = await writeManifest(layout, withDiffIds(config, diffIds), layers);
  const { mediaType, digest, sizeBytes: size } = source.manifest;
  await writeIndex(layout, [
    ['plain', { mediaType, digest, size }],
    ['estargz', lazy],
  ]);
  note('registry disk');
  await finishImage(dir, name, {}, progress);
}

/** An image's config for other layers; like containerd's converter, it drops what named the old image. */
function withDiffIds(config: Record<string, unknown>, diffIds: readonly string[]): unknown {
  const { container_config: _old, ...rest } = config;
  const { Image: _image, ...run } = (config['config'] ?? {}) as Record<string, unknown>;
  return { ...rest, config: run, rootfs: { type: 'layers', diff_ids: diffIds } };
}
