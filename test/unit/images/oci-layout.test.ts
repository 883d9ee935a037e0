import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openImage, parseLayoutSpec } from '../../../trio/image/oci-layout.ts';
import { verifyImage } from '../../../trio/image/oci-verify.ts';
import {
  addJson,
  changeIndex,
  makeLayout,
  removeLayout,
  type Damage,
  type FakeLayout,
} from './make-layout.ts';

const made: FakeLayout[] = [];
afterEach(async () => {
  for (const layout of made.splice(0)) await removeLayout(layout);
});

async function layout(damage: Damage = {}): Promise<FakeLayout> {
  const result = await makeLayout(
    [
      ['gzip', 'first layer'],
      ['zstd', 'second layer'],
      ['tar', 'third'],
    ],
    damage,
  );
  made.push(result);
  return result;
}

/** What opening (and verifying) it ends with. */
async function failure({ folder }: { folder: string }, tag: string | undefined = 'app'): Promise<unknown> {
  try {
    await verifyImage(await openImage(folder, tag));
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('parseLayoutSpec', () => {
  it.each([
    ['oci:dir:tag', { folder: 'dir', tag: 'tag' }],
    ['oci:/a/b:1.0', { folder: '/a/b', tag: '1.0' }],
    ['oci:/a:b/c:tag', { folder: '/a:b/c', tag: 'tag' }],
    ['oci:/a:b/c', { folder: '/a:b/c', tag: undefined }],
    ['oci:dir', { folder: 'dir', tag: undefined }],
  ])('splits %s', (spec, parts) => expect(parseLayoutSpec(spec)).toEqual(parts));

  it.each(['', 'dir', 'oci:', 'docker://x'])('refuses %j', (spec) => {
    expect(() => parseLayoutSpec(spec)).toThrow(
      expect.objectContaining({ code: 'BAD_IMAGE_SPEC', exitCode: 2 }),
    );
  });
});

describe('a right layout', () => {
  it('is opened and verified, whatever its layers are compressed with', async () => {
    const made = await layout();
    const image = await openImage(made.folder, 'app');
    expect(image).toMatchObject({
      tag: 'app',
      entrypoint: ['/bin/app'],
      cmd: ['--serve'],
      workingDir: '/srv',
    });
    expect(image.layers.map((layer) => layer.compression)).toEqual(['gzip', 'zstd', 'none']);
    await verifyImage(image);
  });

  it('needs no tag when it has one image', async () => {
    expect((await openImage((await layout()).folder, undefined)).tag).toBe('app');
  });

  it('may hold an index of several platforms', async () => {
    const made = await layout();
    const { manifest } = made;
    const arm = { ...manifest, platform: { os: 'linux', architecture: 'arm64' } };
    const amd = { ...manifest, platform: { os: 'linux', architecture: 'amd64' } };
    const inner = await addJson(
      made,
      { schemaVersion: 2, manifests: [arm, amd] },
      'application/vnd.oci.image.index.v1+json',
    );
    await changeIndex(made, (index) => ({ ...index, manifests: [inner] }));
    expect((await openImage(made.folder, undefined)).manifest.digest).toBe(manifest.digest);
    const onlyArm = await addJson(
      made,
      { schemaVersion: 2, manifests: [arm] },
      'application/vnd.oci.image.index.v1+json',
    );
    await changeIndex(made, (index) => ({ ...index, manifests: [onlyArm] }));
    const error = await openImage(made.folder, undefined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'NO_PLATFORM',
      message: expect.stringContaining('only linux/arm64') as string,
    });
  });
});

describe('what is no layout', () => {
  it('says what is missing', async () => {
    const made = await layout();
    const { folder } = made;
    expect(await failure({ folder: join(folder, 'nothing') })).toMatchObject({
      code: 'NOT_A_LAYOUT',
      message: `${folder}/nothing is no OCI image layout: there is no such folder`,
    });
    expect(await failure({ folder: join(folder, 'blobs') })).toHaveProperty(
      'message',
      expect.stringContaining('no file oci-layout'),
    );
    expect(await failure({ folder: join(folder, 'index.json') })).toHaveProperty(
      'message',
      expect.stringContaining('it is no folder'),
    );
    await rm(join(folder, 'index.json'));
    expect(await failure(made)).toMatchObject({ code: 'BAD_LAYOUT' });
  });

  it.each(['garbage', '[]', 'null', '{}', '{"schemaVersion":2,"manifests":[{}]}'])(
    'refuses the index %j',
    async (text) => {
      const made = await layout();
      await writeFile(join(made.folder, 'index.json'), text);
      expect(await failure(made)).toMatchObject({
        code: 'BAD_LAYOUT',
        message: expect.stringContaining('index.json') as string,
      });
    },
  );

  it('refuses a digest that would lead out of the layout', async () => {
    const made = await layout({
      index: () => ({
        schemaVersion: 2,
        manifests: [
          {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            digest: 'sha256:../../etc/passwd',
            size: 1,
          },
        ],
      }),
    });
    expect(await failure(made, undefined)).toHaveProperty('message', expect.stringContaining('not a digest'));
  });

  it('names the tags that there are', async () => {
    expect(await failure(await layout(), 'v2')).toMatchObject({
      code: 'UNKNOWN_TAG',
      exitCode: 2,
      message: expect.stringMatching(/has no tag "v2": it has app$/) as string,
    });
  });

  it.each<[string, Damage, RegExp]>([
    [
      'a config for another processor',
      { config: (c) => ({ ...c, architecture: 'arm64' }) },
      /only linux\/arm64/,
    ],
    [
      'a config without layers',
      { config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [] } }) },
      /3 layers, but its config lists 0/,
    ],
    [
      'an unknown layer type',
      {
        manifest: (m) => ({
          ...m,
          layers: [{ mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 }],
        }),
      },
      /layers\[0\]\.mediaType/,
    ],
    [
      'an artifact',
      {
        index: (i) => ({
          ...i,
          manifests: [{ ...(i['manifests'] as object[])[0], mediaType: 'text/plain' }],
        }),
      },
      /"text\/plain" is no image/,
    ],
  ])('refuses %s', async (_what, damage, message) => {
    expect(await failure(await layout(damage))).toHaveProperty('message', expect.stringMatching(message));
  });
});

describe('damaged blobs', () => {
  it('a truncated layer', async () => {
    const made = await layout();
    const [layer] = made.layers;
    await truncate(made.blob(layer?.digest ?? ''), 5);
    expect(await failure(made)).toMatchObject({
      code: 'BLOB_TRUNCATED',
      message: `layer ${layer?.digest} is truncated: 5 bytes, the manifest says ${layer?.size}`,
    });
  });

  it('a layer with other content of the same size', async () => {
    const made = await layout();
    const file = made.blob(made.layers[2]?.digest ?? '');
    await writeFile(file, (await readFile(file)).reverse());
    expect(await failure(made)).toMatchObject({
      code: 'BLOB_DIGEST',
      message: expect.stringContaining('is damaged') as string,
    });
  });

  it('a missing layer, a missing config', async () => {
    const made = await layout();
    await rm(made.blob(made.layers[1]?.digest ?? ''));
    expect(await failure(made)).toMatchObject({ code: 'BLOB_MISSING' });
    await rm(made.blob(made.config.digest));
    expect(await failure(made)).toMatchObject({
      code: 'BLOB_MISSING',
      message: expect.stringMatching(/^config /) as string,
    });
  });

  it('a truncated manifest', async () => {
    const made = await layout();
    await truncate(made.blob(made.manifest.digest), 9);
    expect(await failure(made)).toMatchObject({
      code: 'BLOB_TRUNCATED',
      message: expect.stringContaining('the index says') as string,
    });
  });

  it('a layer that unpacks to something else than the config says', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    const made = await layout({
      config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [other, other, other] } }),
    });
    expect(await failure(made)).toMatchObject({ code: 'LAYER_DIFF_ID' });
  });

  it('a layer that is not compressed as its type says', async () => {
    const made = await layout({
      manifest: (m) => ({
        ...m,
        layers: (m['layers'] as object[]).map((l) => ({
          ...l,
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        })),
      }),
    });
    expect(await failure(made)).toMatchObject({ code: 'LAYER_UNREADABLE' });
  });
});
