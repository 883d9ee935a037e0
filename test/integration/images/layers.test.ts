import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAppLayer } from '../../../vm/images/app-layer.ts';
import { layerDifference } from '../../../vm/images/layer-difference.ts';
import { writeLayer } from '../../../vm/images/layer-writer.ts';
import { readTree, type TreeEntry } from '../../../vm/images/tree-entry.ts';
import { indexTar } from '../../../vm/images/tree-index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layers-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Item = Partial<Header> & { name: string; content?: string | Buffer };
const dir = (name: string, more: Partial<Header> = {}): Item => ({
  name: `./${name}/`,
  type: 'directory',
  mode: 0o755,
  ...more,
});
const file = (name: string, content: string | Buffer, more: Partial<Header> = {}): Item => ({
  name: `./${name}`,
  content,
  ...more,
});

/** Writes a tar as mmdebstrap would. */
async function tarOf(name: string, items: readonly Item[]): Promise<string> {
  const path = join(folder, name);
  const tar = pack();
  const sink = createWriteStream(path);
  tar.pipe(sink);
  for (const { content, ...header } of [dir('.'), ...items])
    tar.entry({ mtime: new Date(1000), ...header }, content ?? '');
  tar.finalize();
  await finished(sink);
  return path;
}

async function read(path: string): Promise<(TreeEntry & { content: string })[]> {
  const result = [];
  for await (const { entry, body } of readTree(path)) {
    const parts: Uint8Array[] = [];
    if (entry.type === 'file') for await (const part of body) parts.push(part);
    result.push({ ...entry, content: Buffer.concat(parts).toString() });
  }
  return result;
}

async function layerOf(name: string, base: string, full: string): Promise<string> {
  const layer = join(folder, name);
  await writeLayer(full, layerDifference(await indexTar(base), await indexTar(full)), 7, layer);
  return layer;
}

describe('a layer from two tars', () => {
  it('holds what changed, its folders with their attributes, links and whiteouts', async () => {
    const long = `usr/share/${'long-name-'.repeat(20)}`;
    const capability = { pax: { 'SCHILY.xattr.security.capability': '\u0001\u0000\u0002' } };
    const base = await tarOf('base.tar', [
      dir('etc'),
      file('etc/a', 'a'),
      file('etc/gone', 'x'),
      dir('usr', { mode: 0o711 }),
    ]);
    const full = await tarOf('full.tar', [
      dir('dev'),
      { name: './dev/null', type: 'character-device', devmajor: 1, devminor: 3 },
      dir('etc'),
      file('etc/a', 'a'),
      file('etc/hostname', 'build-host'),
      dir('usr', { mode: 0o711 }),
      file('usr/big', Buffer.alloc(3_000_001, 'b')),
      { name: './usr/big-too', type: 'link', linkname: './usr/big' },
      file('usr/ping', 'p', capability),
      dir('usr/share', { uid: 5, gid: 6, mode: 0o2775 }),
      file(long, 'l'),
      { name: './usr/share/z', type: 'symlink', linkname: '../big' },
    ]);
    const layer = await read(await layerOf('layer.tar', base, full));
    expect(layer.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'directory dev',
      'directory etc',
      'directory usr',
      'file usr/big',
      'hardlink usr/big-too',
      'file usr/ping',
      'directory usr/share',
      `file ${long}`,
      'symlink usr/share/z',
      'file etc/.wh.gone',
    ]);
    const at = (path: string) => layer.find((entry) => entry.path === path);
    expect(at('usr')).toMatchObject({ mode: 0o711 });
    expect(at('usr/share')).toMatchObject({ uid: 5, gid: 6, mode: 0o2775, mtimeS: 1 });
    expect(at('usr/big-too')).toMatchObject({ target: 'usr/big' });
    expect(at('usr/ping')).toMatchObject({ xattrs: { 'security.capability': '\u0001\u0000\u0002' } });
    expect(at('usr/big')?.content).toHaveLength(3_000_001);
    expect(at(long)?.content).toBe('l');
    expect(at('etc/.wh.gone')).toMatchObject({ sizeBytes: 0, mtimeS: 7 });
  });

  it('has the same bytes whatever the build left in caches and logs', async () => {
    const items = (noise: string) => [
      dir('var'),
      dir('var/log'),
      file('var/log/x.log', noise),
      file('var/x', 'same'),
    ];
    const empty = await tarOf('empty.tar', []);
    const [one, two] = ['one', 'two'].map((noise) => tarOf(`${noise}.tar`, items(noise)));
    const layers = [await layerOf('1.tar', empty, await one!), await layerOf('2.tar', empty, await two!)];
    const [first, second] = await Promise.all(layers.map((path) => readFile(path)));
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
  });

  it('is refused for a broken tar', async () => {
    const whole = await readFile(await tarOf('whole.tar', [file('f', Buffer.alloc(10_000))]));
    const cut = join(folder, 'cut.tar');
    await writeFile(cut, whole.subarray(0, 4000));
    await expect(indexTar(cut)).rejects.toMatchObject({ code: 'BAD_TAR' });
    await expect(indexTar(join(folder, 'none.tar'))).rejects.toMatchObject({ code: 'BAD_TAR' });
    const orphan = await tarOf('orphan.tar', [file('a/b', '')]);
    await expect(indexTar(orphan)).rejects.toThrow('a/b comes before its folder');
    const strange = await tarOf('strange.tar', [file('f', '', { pax: { 'SCHILY.xattr.user.x': '\uFFFD' } })]);
    await expect(indexTar(strange)).rejects.toThrow('is not text');
  });
});

describe('writeAppLayer', () => {
  it('gives files fixed owners, modes and times, and folders those of the image', async () => {
    const rootfs = join(folder, 'rootfs');
    await mkdir(join(rootfs, 'srv/new'), { recursive: true });
    await writeFile(join(rootfs, 'srv/new/run'), '#!/bin/sh\n');
    await chmod(join(rootfs, 'srv/new/run'), 0o744);
    await writeFile(join(rootfs, 'srv/new/data'), 'd', { mode: 0o600 });
    await symlink('data', join(rootfs, 'srv/new/link'));
    const lower = await indexTar(await tarOf('lower.tar', [dir('srv', { uid: 33, mode: 0o750 })]));
    const layer = join(folder, 'app.tar');
    expect(await writeAppLayer(rootfs, lower, 9, layer)).toBe(true);
    expect(
      (await read(layer)).map(({ path, mode, uid, mtimeS }) => [path, mode.toString(8), uid, mtimeS]),
    ).toEqual([
      ['srv', '750', 33, 1],
      ['srv/new', '755', 0, 9],
      ['srv/new/data', '644', 0, 9],
      ['srv/new/link', '777', 0, 9],
      ['srv/new/run', '755', 0, 9],
    ]);
  });

  it('is not written without files, nor through a link of the image', async () => {
    const rootfs = join(folder, 'rootfs-2');
    await mkdir(rootfs);
    expect(await writeAppLayer(rootfs, new Map(), 9, join(folder, 'none'))).toBe(false);
    await mkdir(join(rootfs, 'bin'));
    const lower = await indexTar(
      await tarOf('usr.tar', [{ name: './bin', type: 'symlink', linkname: 'usr/bin' }]),
    );
    await expect(writeAppLayer(rootfs, lower, 9, join(folder, 'none'))).rejects.toThrow(
      'bin is a symlink to usr/bin',
    );
  });
});
