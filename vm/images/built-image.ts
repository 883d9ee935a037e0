import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openImage, type OciImage } from '../../trio/image/oci-layout.ts';
import type { Progress } from '../progress.ts';
import type { Package } from '../tools/debian-root.ts';
import type { LayerForm } from './layer-pack.ts';
import { forms, type Form } from './oci-writer.ts';
import type { Readiness } from './readiness.ts';
import { makeRegistryDisk } from './registry-disk.ts';
import { writeRegistryTree } from './registry-tree.ts';

/** One form of an image, as a registry holds it. */
export interface ImageForm {
  readonly manifestDigest: string;
  /** In the order in which they are applied; sizes in bytes, as transferred. */
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly diffId: string }[];
  /** Manifest, config and layers: what a full pull transfers, in bytes. */
  readonly totalBytes: number;
}

/** An image that the testbed can start: what is in it, how it is run, and the disk to pull it from. */
export interface BuiltImage {
  /** The repository in the registry; its tags are `plain` and `estargz`. */
  readonly name: string;
  /** The whole command line: the config's Entrypoint, if any, and {@link args}. */
  readonly command: readonly string[];
  /** What follows the image in `ctr run IMAGE ID …`, which puts the config's Entrypoint before it. */
  readonly args: readonly string[];
  /** Beside what the image's config sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly readiness: Readiness;
  /** Path of the ext4 image (label `registry`) whose root is the registry's root directory. */
  readonly registryDisk: string;
  readonly registryDiskBytes: number;
  /** The OCI layout that the disk was made from. */
  readonly layout: string;
  readonly tags: Readonly<Record<Form, ImageForm>>;
  /** Debian packages, for our own workloads. */
  readonly packages?: readonly Package[];
  readonly packageManifestHash?: string;
}

/** What a finished folder in the cache says of itself, in `image.json`. */
export type ImageFacts = Pick<BuiltImage, 'tags' | 'registryDiskBytes' | 'packages' | 'packageManifestHash'>;

const factsFile = 'image.json';
/** The OCI layout inside an image's folder. */
export const layoutFolder = 'oci';

/** Finishes an image's folder, whose `oci` is a layout with both tags: makes the registry disk, writes `image.json`. */
export async function finishImage(
  dir: string,
  repository: string,
  extra: Pick<BuiltImage, 'packages' | 'packageManifestHash'>,
  progress: Progress,
): Promise<void> {
  const layout = join(dir, layoutFolder);
  const images = await Promise.all(forms.map((form) => openImage(layout, form)));
  const tree = join(dir, 'registry');
  await mkdir(tree);
  await writeRegistryTree(tree, repository, images);
  const registryDiskBytes = await makeRegistryDisk(tree, join(dir, 'registry.ext4'), progress);
  await rm(tree, { recursive: true });
  const [plain, estargz] = images.map(describe);
  if (!plain || !estargz) throw new Error('an image has two forms');
  const facts: ImageFacts = { tags: { plain, estargz }, registryDiskBytes, ...extra };
  await writeFile(join(dir, factsFile), `${JSON.stringify(facts, null, 2)}\n`);
}

/** What a layout's image is, as facts. */
export function describe(image: OciImage): ImageForm {
  const layers = image.layers.map(({ digest, sizeBytes, diffId }) => ({ digest, size: sizeBytes, diffId }));
  const parts = [image.manifest, image.config, ...image.layers];
  const totalBytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { manifestDigest: image.manifest.digest, layers, totalBytes };
}

/** Reads back what {@link finishImage} wrote. */
export async function readImage(
  dir: string,
  run: Pick<BuiltImage, 'name' | 'command' | 'args' | 'env' | 'readiness'>,
): Promise<BuiltImage> {
  const facts = JSON.parse(await readFile(join(dir, factsFile), 'utf8')) as ImageFacts;
  return { ...run, ...facts, layout: join(dir, layoutFolder), registryDisk: join(dir, 'registry.ext4') };
}

/** The blobs folder of an image's layout. */
export function blobsFolder(dir: string): string {
  return join(dir, layoutFolder, 'blobs', 'sha256');
}

/** What a layer weighs, for progress lines: `3.3 MB`. */
export function megabytes(form: LayerForm): string {
  return `${(form.size / 1e6).toFixed(1)} MB`;
}
