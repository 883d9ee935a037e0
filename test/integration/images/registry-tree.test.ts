import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openImage } from '../../../trio/image/oci-layout.ts';
import { diskBytes } from '../../../vm/images/registry-disk.ts';
import { writeRegistryTree } from '../../../vm/images/registry-tree.ts';
import { changeIndex, makeLayout, removeLayout, type FakeLayout } from '../../unit/images/make-layout.ts';

let folder: string;
let layout: FakeLayout;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  layout = await makeLayout([
    ['gzip', 'one'],
    ['gzip', 'two'],
  ]);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await removeLayout(layout);
});

it('is what Docker Distribution keeps for a repository with two tags', async () => {
  const name = 'org.opencontainers.image.ref.name';
  await changeIndex(layout, (index) => ({
    ...index,
    manifests: ['plain', 'estargz'].map((tag) => ({ ...layout.manifest, annotations: { [name]: tag } })),
  }));
  const images = await Promise.all(['plain', 'estargz'].map((tag) => openImage(layout.folder, tag)));
  await writeRegistryTree(folder, 'app', images);

  const root = join(folder, 'docker/registry/v2');
  const files = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
  const hex = (descriptor: { digest: string }) => descriptor.digest.slice('sha256:'.length);
  const manifest = hex(layout.manifest);
  const parts = [layout.config, ...layout.layers].map(hex);
  const home = 'repositories/app';
  expect(files).toEqual(
    [
      ...[manifest, ...parts].map((h) => `blobs/sha256/${h.slice(0, 2)}/${h}/data`),
      ...parts.map((h) => `${home}/_layers/sha256/${h}/link`),
      `${home}/_manifests/revisions/sha256/${manifest}/link`,
      ...['plain', 'estargz'].flatMap((tag) => [
        `${home}/_manifests/tags/${tag}/current/link`,
        `${home}/_manifests/tags/${tag}/index/sha256/${manifest}/link`,
      ]),
    ].sort(),
  );
  expect(await readFile(join(root, home, '_manifests/tags/plain/current/link'), 'utf8')).toBe(
    layout.manifest.digest,
  );
  const blob = join(root, 'blobs/sha256', manifest.slice(0, 2), manifest, 'data');
  expect(await readFile(blob)).toEqual(await readFile(layout.blob(layout.manifest.digest)));
  expect((await stat(blob)).ino).toBe((await stat(layout.blob(layout.manifest.digest))).ino);
});

it.each([
  [0, 2 ** 30],
  [0.9 * 2 ** 30, 2 ** 30],
  [2 ** 30, 2 ** 31],
  [3 * 2 ** 30, 2 ** 32],
])('%d bytes of content get a disk of %d', (content, disk) => expect(diskBytes(content)).toBe(disk));
