import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const packers = {
  tar: { type: 'application/vnd.oci.image.layer.v1.tar', pack: (tar: Buffer) => tar },
  gzip: { type: 'application/vnd.oci.image.layer.v1.tar+gzip', pack: (tar: Buffer) => gzipSync(tar) },
  zstd: { type: 'application/vnd.oci.image.layer.v1.tar+zstd', pack: (tar: Buffer) => zstdCompressSync(tar) },
};

const bytesOf = (content: string | Buffer) => (typeof content === 'string' ? Buffer.from(content) : content);

type Json = Record<string, unknown>;
type Descriptor = { mediaType: string; digest: string; size: number };

/** A layout on disk that tests may damage. */
export interface FakeLayout {
  readonly folder: string;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly config: Descriptor;
  blob(digest: string): string;
}

/** What a test wants otherwise than in a right image; each gets the right JSON and returns the wrong one. */
export interface Damage {
  readonly config?: (config: Json) => Json;
  readonly manifest?: (manifest: Json) => Json;
  readonly index?: (index: Json) => Json;
}

/** Writes a layout with one image (tag `app`) of these layers; the tars' contents are any bytes. */
export async function makeLayout(
  layers: readonly (readonly [keyof typeof packers, string | Buffer])[],
  damage: Damage = {},
): Promise<FakeLayout> {
  const folder = await mkdtemp(join(tmpdir(), 'layout-'));
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (digest: string) => join(folder, 'blobs/sha256', digest.slice(7));
  const put = async (bytes: Buffer, mediaType: string): Promise<Descriptor> => {
    const digest = sha256(bytes);
    await writeFile(blob(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const putJson = (value: Json, change: ((value: Json) => Json) | undefined, mediaType: string) =>
    put(Buffer.from(JSON.stringify(change ? change(value) : value)), mediaType);

  const packed: Descriptor[] = [];
  for (const [packer, content] of layers)
    packed.push(await put(packers[packer].pack(bytesOf(content)), packers[packer].type));
  const config = await putJson(
    {
      os: 'linux',
      architecture: 'amd64',
      config: { Entrypoint: ['/bin/app'], Cmd: ['--serve'], Env: ['A=b'], WorkingDir: '/srv', Image: 'old' },
      rootfs: { type: 'layers', diff_ids: layers.map(([, content]) => sha256(bytesOf(content))) },
    },
    damage.config,
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = await putJson(
    { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: packed },
    damage.manifest,
    'application/vnd.oci.image.manifest.v1+json',
  );
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'app' } }],
  };
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(folder, 'index.json'), JSON.stringify(damage.index ? damage.index(index) : index));
  return { folder, manifest, layers: packed, config, blob };
}

/** Adds a JSON blob to a layout. */
export async function addJson(layout: FakeLayout, value: Json, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  await writeFile(layout.blob(sha256(bytes)), bytes);
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** Rewrites a layout's index. */
export async function changeIndex(layout: FakeLayout, change: (index: Json) => Json): Promise<void> {
  const file = join(layout.folder, 'index.json');
  const index = JSON.parse(await readFile(file, 'utf8')) as Json;
  await writeFile(file, JSON.stringify(change(index)));
}

export const removeLayout = (layout: FakeLayout) => rm(layout.folder, { recursive: true });
