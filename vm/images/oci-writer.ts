import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath } from '../../trio/image/oci-layout.ts';
import { refNameAnnotation } from '../../trio/image/oci-schema.ts';
import type { LayerForm, PackedLayer } from './layer-pack.ts';

/** The two forms in which every image is kept: the tags of its repository. */
export const forms = ['plain', 'estargz'] as const;
export type Form = (typeof forms)[number];

/** What the stargz snapshotter looks for at a layer: without them it pulls the whole layer. */
const tocDigestAnnotation = 'containerd.io/snapshot/stargz/toc.digest';
const uncompressedSizeAnnotation = 'io.containers.estargz.uncompressed-size';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Points at a blob. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layer and the line of the image's history that tells what it is. */
export interface DescribedLayer {
  readonly layer: PackedLayer;
  readonly createdBy: string;
}

/** The part of an image's config that says how its container runs. */
export interface RunConfig {
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir: string;
}

/** A layer's descriptor in an OCI manifest. */
export function layerDescriptor(layer: LayerForm): Descriptor {
  const { digest, size, tocDigest, uncompressedSize } = layer;
  const annotations = tocDigest && {
    [tocDigestAnnotation]: tocDigest,
    [uncompressedSizeAnnotation]: String(uncompressedSize),
  };
  return { mediaType: layerType, digest, size, ...(annotations ? { annotations } : {}) };
}

/** The config of an image made of our own layers; `createdS` (seconds since 1970) is its only date. */
export function imageConfig(
  run: RunConfig,
  layers: readonly DescribedLayer[],
  form: Form,
  createdS: number,
): unknown {
  const created = new Date(createdS * 1000).toISOString();
  return {
    created,
    architecture: 'amd64',
    os: 'linux',
    config: { Env: run.Env, Cmd: run.Cmd, WorkingDir: run.WorkingDir },
    rootfs: { type: 'layers', diff_ids: layers.map(({ layer }) => layer[form].diffId) },
    history: layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
  };
}

/** Writes a config and the manifest that names it and the layers; returns the manifest's descriptor. */
export async function writeManifest(
  folder: string,
  config: unknown,
  layers: readonly Descriptor[],
): Promise<Descriptor> {
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await writeJsonBlob(folder, configType, config),
    layers,
  };
  return writeJsonBlob(folder, manifestType, manifest);
}

/** Writes the files that make a folder with blobs an OCI layout; `manifests` by their reference names, in this order. */
export async function writeIndex(
  folder: string,
  manifests: readonly (readonly [name: string, Descriptor])[],
): Promise<void> {
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: manifests.map(([name, descriptor]) => ({
      ...descriptor,
      annotations: { ...descriptor.annotations, [refNameAnnotation]: name },
    })),
  };
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
}

/** Writes a value as a JSON blob (compact; keys in the order that they have). */
async function writeJsonBlob(folder: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  await writeFile(blobPath(folder, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}
