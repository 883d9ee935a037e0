import { readFile, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError, usageError } from '../errors.ts';
import {
  configSchema,
  indexSchema,
  indexTypes,
  layerCompression,
  manifestSchema,
  manifestTypes,
  refNameAnnotation,
} from './oci-schema.ts';

/** A layer as the manifest names it. */
export interface OciLayer {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Digest of the uncompressed tar, from the config. */
  readonly diffId: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One image of a layout, for linux/amd64; its JSON checked, its layers not yet read ({@link verifyImage}). */
export interface OciImage {
  readonly folder: string;
  readonly tag: string;
  readonly manifest: { readonly digest: string; readonly sizeBytes: number; readonly mediaType: string };
  readonly config: { readonly digest: string; readonly sizeBytes: number; readonly mediaType: string };
  readonly layers: readonly OciLayer[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
}

type Descriptor = { readonly digest: string; readonly size: number };

/** Splits `oci:DIR:TAG` (or `oci:DIR`); the tag is what follows the last colon. */
export function parseLayoutSpec(spec: string): { folder: string; tag: string | undefined } {
  const parts = /^oci:(.+?)(?::([^:/]+))?$/.exec(spec);
  if (!parts?.[1]) throw usageError('BAD_IMAGE_SPEC', `"${spec}" names no image; write oci:DIR:TAG`);
  return { folder: parts[1], tag: parts[2] };
}

/** Where a layout keeps a blob. */
export function blobPath(folder: string, digestText: string): string {
  return join(folder, 'blobs', 'sha256', digestText.slice('sha256:'.length));
}

/**
 * Opens one image of an OCI layout: checks the layout's files, the digests and sizes of the JSON ones, and that every
 * layer can be had from here. Without a tag, the layout must hold exactly one image.
 *
 * @throws TrioError `NOT_A_LAYOUT`, `BAD_LAYOUT`, `UNKNOWN_TAG`, `NO_PLATFORM`, `BLOB_MISSING`, `BLOB_TRUNCATED`, `BLOB_DIGEST`
 */
export async function openImage(folder: string, tag: string | undefined): Promise<OciImage> {
  await checkMarker(folder);
  const index = parse(indexSchema, await text(join(folder, 'index.json')), join(folder, 'index.json'));
  const named = pickTag(index.manifests, tag, folder);
  const found = await followIndexes(folder, named.entry, named.tag);
  const manifest = parse(
    manifestSchema,
    await jsonBlob(folder, found, 'manifest'),
    `manifest ${found.digest}`,
  );
  const config = parse(
    configSchema,
    await jsonBlob(folder, manifest.config, 'config'),
    `config ${manifest.config.digest}`,
  );
  if (config.os !== 'linux' || config.architecture !== 'amd64')
    throw noPlatform(folder, named.tag, [`${config.os}/${config.architecture}`]);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw badLayout(
      `manifest ${found.digest}`,
      `${manifest.layers.length} layers, but its config lists ${diffIds.length}`,
    );
  return {
    folder,
    tag: named.tag,
    manifest: { digest: found.digest, sizeBytes: found.size, mediaType: found.mediaType },
    config: {
      digest: manifest.config.digest,
      sizeBytes: manifest.config.size,
      mediaType: manifest.config.mediaType,
    },
    layers: manifest.layers.map((layer, i) => {
      if (layer.urls?.length)
        throw badLayout(`layer ${layer.digest}`, 'it is kept elsewhere ("urls"), not in the layout');
      return {
        digest: layer.digest,
        sizeBytes: layer.size,
        mediaType: layer.mediaType,
        compression: layerCompression[layer.mediaType],
        diffId: diffIds[i] ?? '',
        annotations: layer.annotations ?? {},
      };
    }),
    entrypoint: config.config?.Entrypoint ?? [],
    cmd: config.config?.Cmd ?? [],
    env: config.config?.Env ?? [],
    workingDir: config.config?.WorkingDir || '/',
  };
}

async function checkMarker(folder: string): Promise<void> {
  const marker = join(folder, 'oci-layout');
  let content: string;
  try {
    content = await readFile(marker, 'utf8');
  } catch (error) {
    const there = await stat(folder).catch(() => undefined);
    const why = !there
      ? 'there is no such folder'
      : there.isDirectory()
        ? 'it has no file oci-layout'
        : 'it is no folder';
    throw new TrioError('NOT_A_LAYOUT', `${folder} is no OCI image layout: ${why}`, { cause: error });
  }
  parse(z.object({ imageLayoutVersion: z.literal('1.0.0') }), content, marker);
}

type IndexEntry = z.output<typeof indexSchema>['manifests'][number];

function pickTag(entries: readonly IndexEntry[], tag: string | undefined, folder: string) {
  const name = (entry: IndexEntry) => entry.annotations?.[refNameAnnotation];
  const known = entries.map(name).filter((n) => n !== undefined);
  const list = known.length > 0 ? `it has ${known.join(', ')}` : 'it has no tags';
  if (tag === undefined) {
    const [only, ...more] = entries;
    if (only && more.length === 0) return { entry: only, tag: name(only) ?? 'latest' };
    throw usageError(
      'UNKNOWN_TAG',
      `${folder} holds ${entries.length} images: name one, oci:DIR:TAG; ${list}`,
    );
  }
  const tagged = entries.filter((e) => name(e) === tag);
  // One name may stand for one image per platform.
  const entry = tagged.find(isAmd64) ?? tagged[0];
  if (!entry) throw usageError('UNKNOWN_TAG', `${folder} has no tag "${tag}": ${list}`);
  return { entry, tag };
}

function isAmd64({ platform }: IndexEntry): boolean {
  return platform?.os === 'linux' && platform.architecture === 'amd64';
}

/** From an index entry down to the manifest for linux/amd64. */
async function followIndexes(folder: string, start: IndexEntry, tag: string): Promise<IndexEntry> {
  let entry = start;
  // An index may hold indexes; a chain longer than this is made to hurt.
  for (let depth = 0; depth < 4; depth++) {
    if ((manifestTypes as readonly string[]).includes(entry.mediaType)) return entry;
    if (!indexTypes.includes(entry.mediaType))
      throw badLayout(`${folder}:${tag}`, `"${entry.mediaType}" is no image`);
    const index = parse(indexSchema, await jsonBlob(folder, entry, 'index'), `index ${entry.digest}`);
    const next =
      index.manifests.find(isAmd64) ??
      (index.manifests.length === 1 && !index.manifests[0]?.platform ? index.manifests[0] : undefined);
    if (!next)
      throw noPlatform(
        folder,
        tag,
        index.manifests.map((m) => (m.platform ? `${m.platform.os}/${m.platform.architecture}` : '?')),
      );
    entry = next;
  }
  throw badLayout(`index ${start.digest}`, 'indexes within indexes, more than 4 deep');
}

function noPlatform(folder: string, tag: string, has: readonly string[]): TrioError {
  return new TrioError(
    'NO_PLATFORM',
    `${folder}:${tag} has no image for linux/amd64, only ${has.join(', ') || 'none'}`,
  );
}

/** Reads a small JSON blob and checks it against its descriptor. */
async function jsonBlob(
  folder: string,
  { digest: expected, size }: Descriptor,
  what: string,
): Promise<string> {
  if (size > 8 << 20) throw badLayout(`${what} ${expected}`, `${size} bytes are too many for a JSON file`);
  checkSize(what, expected, await blobBytes(folder, expected, what), size);
  const bytes = await readFile(blobPath(folder, expected));
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (actual !== expected) throw wrongDigest(what, expected, actual);
  return bytes.toString('utf8');
}

/**
 * The size of a blob's file in bytes.
 *
 * @throws TrioError `BLOB_MISSING`
 */
export async function blobBytes(folder: string, digestText: string, what: string): Promise<number> {
  const file = await stat(blobPath(folder, digestText)).catch((error: unknown) => {
    throw new TrioError('BLOB_MISSING', `${what} ${digestText} is missing from ${folder}`, { cause: error });
  });
  return file.size;
}

/** @throws TrioError `BLOB_TRUNCATED` or `BLOB_SIZE` when the sizes differ */
export function checkSize(
  what: string,
  digestText: string,
  actualBytes: number,
  expectedBytes: number,
): void {
  if (actualBytes === expectedBytes) return;
  const from = what === 'layer' || what === 'config' ? 'the manifest' : 'the index';
  const [code, how] =
    actualBytes < expectedBytes ? ['BLOB_TRUNCATED', 'is truncated'] : ['BLOB_SIZE', 'is too long'];
  throw new TrioError(
    code,
    `${what} ${digestText} ${how}: ${count(actualBytes)} bytes, ${from} says ${count(expectedBytes)}`,
  );
}

/** The error for a blob whose content is not what its name says. */
export function wrongDigest(what: string, expected: string, actual: string): TrioError {
  return new TrioError('BLOB_DIGEST', `${what} ${expected} is damaged: its content has the digest ${actual}`);
}

/** 1234567 → `1 234 567`. */
function count(bytes: number): string {
  return String(bytes).replace(/\B(?=(\d{3})+$)/g, ' ');
}

async function text(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw badLayout(file, 'it cannot be read', error);
  });
}

function parse<T extends z.ZodType>(schema: T, content: string, where: string): z.output<T> {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw badLayout(where, `no JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw badLayout(where, `\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function badLayout(where: string, why: string, cause?: unknown): TrioError {
  return new TrioError('BAD_LAYOUT', `${where}: ${why}`, { cause });
}
