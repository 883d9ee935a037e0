import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeLayersTar } from '../../../vm/images/layers-tar.ts';
import { readTree, type TreeEntry } from '../../../vm/images/tree-entry.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layers-tar-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A layer's blob. */
async function layer(
  name: string,
  entries: readonly (Partial<Header> & { name: string; content?: string })[],
) {
  const path = join(folder, name);
  const tar = pack();
  const sink = createWriteStream(path);
  tar.pipe(createGzip()).pipe(sink);
  for (const { content = '', ...header } of entries)
    tar.entry({ mtime: new Date(5000), mode: 0o644, ...header }, content);
  tar.finalize();
  await finished(sink);
  return path;
}

async function read(path: string): Promise<Map<string, TreeEntry & { readonly content: string }>> {
  const found = new Map<string, TreeEntry & { readonly content: string }>();
  for await (const { entry, body } of readTree(path, () => false)) {
    const parts: Uint8Array[] = [];
    if (entry.type === 'file') for await (const part of body) parts.push(part);
    found.set(entry.path, { ...entry, content: Buffer.concat(parts).toString() });
  }
  return found;
}

it('puts each layer below a folder of its own, with all that it says of its files', async () => {
  const long = `usr/${'long-'.repeat(40)}name`;
  const capability = { 'SCHILY.xattr.security.capability': 'ping may' };
  const blobs = [
    await layer('base', [
      { name: 'etc/', type: 'directory', mode: 0o755 },
      { name: 'etc/passwd', content: 'root', uid: 3, gid: 4, mode: 0o640 },
      { name: 'etc/link', type: 'symlink', linkname: 'passwd' },
      { name: long, content: 'far away', pax: capability },
    ]),
    await layer('app', [
      { name: 'etc/.wh.passwd' },
      { name: 'etc/group', content: 'wheel' },
      { name: 'etc/group2', type: 'link', linkname: 'etc/group' },
      { name: 'tmp/kept', content: 'of the image' },
    ]),
  ];
  const tar = join(folder, 'all.tar');
  await writeLayersTar(blobs, tar);
  const found = await read(tar);
  expect([...found.keys()]).toEqual(
    ['0', '0/etc', '0/etc/passwd', '0/etc/link', `0/${long}`].concat([
      '1',
      '1/etc/.wh.passwd',
      '1/etc/group',
      '1/etc/group2',
      '1/tmp/kept',
    ]),
  );
  expect(found.get('0/etc/passwd')).toMatchObject({
    content: 'root',
    uid: 3,
    gid: 4,
    mode: 0o640,
    mtimeS: 5,
  });
  expect(found.get('0/etc/link')).toMatchObject({ type: 'symlink', target: 'passwd' });
  expect(found.get(`0/${long}`)).toMatchObject({
    content: 'far away',
    xattrs: { 'security.capability': 'ping may' },
  });
  expect(found.get('1/etc/group2')).toMatchObject({ type: 'hardlink', target: '1/etc/group' });

  const again = join(folder, 'again.tar');
  await writeLayersTar(blobs, again);
  expect((await readFile(again)).equals(await readFile(tar))).toBe(true);
});
