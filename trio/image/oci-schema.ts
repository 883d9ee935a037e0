import { z } from 'zod';

/** How a layer's tar is compressed, by its media type. */
export const layerCompression = {
  'application/vnd.oci.image.layer.v1.tar': 'none',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd': 'zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
} as const;
/** Media types of an index. */
export const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
/** Media types of an image manifest. */
export const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
const configTypes = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
] as const;

/** The name under which an index entry is known. */
export const refNameAnnotation = 'org.opencontainers.image.ref.name';

// The digest becomes a path: nothing but this may pass.
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a digest "sha256:" and 64 hex digits');
const annotations = z.record(z.string(), z.string());
const descriptor = z.object({ digest, size: z.int().nonnegative(), annotations: annotations.optional() });
/** `index.json`, and an index (a manifest list) inside it. */
export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  manifests: z.array(
    descriptor.extend({
      // Anything may lie in an index beside images; only what is picked must be one.
      mediaType: z.string(),
      platform: z
        .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
        .optional(),
    }),
  ),
});
/** An image manifest. */
export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.enum(manifestTypes).optional(),
  config: descriptor.extend({ mediaType: z.enum(configTypes) }),
  layers: z.array(
    descriptor.extend({
      mediaType: z.enum(Object.keys(layerCompression) as (keyof typeof layerCompression)[]),
      urls: z.array(z.string()).optional(),
    }),
  ),
});
const words = z.array(z.string()).nullish();
/** What we read of an image config. */
export const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z
    .object({
      Entrypoint: words,
      Cmd: words,
      Env: words,
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
    })
    .nullish(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(digest) }),
});
