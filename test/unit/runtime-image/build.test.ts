import { setAttributeSync } from '@napi-rs/xattr';
import { link, mkdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildRuntimeImage, dataFile, metaFile } from '../../../trio/image/build.ts';
import { names } from '../../../trio/image/contents.ts';
import type { DataOrder } from '../../../trio/image/plan.ts';
import { openDirectory } from '../../../trio/image/rootfs-directory.ts';
import { openMeta, verifyRuntimeImage } from '../../../trio/image/verify.ts';
import type { StartSink } from '../../../trio/trace/sink.ts';
import { temporaryFolder } from './folders.ts';

const page = (fill: string, bytes = 4096) => fill.repeat(bytes);

/** A root file system with a bit of everything. */
async function makeRoot(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'usr/lib/a.so'), page('a') + page('b') + page('c', 100));
  await writeFile(join(root, 'usr/lib/b.so'), page('d') + page('e') + page('f'));
  await writeFile(join(root, 'etc/config'), 'hello');
  await link(join(root, 'etc/config'), join(root, 'usr/same'));
  await symlink('usr/lib', join(root, 'lib'));
  return root;
}

type Access = readonly [path: string, offsetBytes: number, lengthBytes: number];

async function build(
  root: string,
  accesses: readonly Access[],
  paths: readonly string[] = [],
  order: DataOrder = 'first-access',
) {
  const out = await temporaryFolder();
  const report = await buildRuntimeImage(
    await openDirectory(root),
    async (sink: StartSink) => {
      for (const path of paths) sink.name(path, true);
      for (const [path, offset, length] of accesses) sink.access(sink.file(path), 1, offset, length);
    },
    out,
    order,
  );
  const [meta, data] = await Promise.all([metaFile, dataFile].map((name) => readFile(join(out, name))));
  if (!meta || !data) throw new Error('not written');
  return { out, report, meta, data };
}

describe('the id of a directory', () => {
  it('says which names are of one file', async () => {
    const root = await makeRoot();
    const ids = [(await openDirectory(root)).id];
    await link(join(root, 'etc/config'), join(root, 'usr/too'));
    ids.push((await openDirectory(root)).id);
    await rename(join(root, 'usr/too'), join(root, 'usr/two'));
    ids.push((await openDirectory(root)).id);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('the runtime image of a directory', () => {
  it('holds what was read, in order of first access, padded to pages', async () => {
    const { data, report, out } = await build(await makeRoot(), [
      ['/usr/lib/b.so', 4096, 1],
      ['/etc/config', 0, 4096],
      ['/usr/lib/a.so', 8192, 4096],
      ['/usr/lib/b.so', 8192, 10],
    ]);
    expect(data.toString()).toBe(
      page('e') + page('f') + 'hello' + page('\0', 4091) + page('c', 100) + page('\0', 3996),
    );
    expect(report).toMatchObject({ pages: 4, neededBytes: 16384, files: 3, extents: 3, dropped: [] });
    await expect(verifyRuntimeImage(out)).resolves.toMatchObject({ dataPages: 4 });
  });

  it('can have the files in the published order', async () => {
    const accesses = [
      ['/usr/lib/b.so', 8192, 4096],
      ['/etc/config', 0, 5],
      ['/usr/lib/b.so', 0, 4096],
    ] as const;
    const { data } = await build(await makeRoot(), accesses, [], 'published');
    expect(data.toString()).toBe(page('d') + page('f') + 'hello' + page('\0', 4091));
  });

  it('knows all names of an inode, symlinks on the way, and names that do not exist', async () => {
    const { out } = await build(
      await makeRoot(),
      [
        ['/lib/a.so', 0, 1],
        ['/etc/config', 0, 1],
      ],
      ['/usr/lib/none.so', '/lib', '/none/at/all'],
    );
    const meta = await openMeta(out);
    expect(
      [...names(meta)].map(({ path, inode }) => `${path}${inode === undefined ? ' missing' : ''}`),
    ).toEqual([
      '/',
      '/etc',
      '/etc/config',
      '/lib',
      '/none missing',
      '/usr',
      '/usr/lib',
      '/usr/lib/a.so',
      '/usr/lib/none.so missing',
      '/usr/same',
    ]);
  });

  it('says why it leaves accesses out', async () => {
    const { report } = await build(await makeRoot(), [
      ['/etc/config', 0, 5],
      ['/etc/none', 0, 5],
      ['/etc', 0, 5],
      ['/etc/config/x', 0, 5],
      ['/etc/config', 5, 5],
      ['/etc/config', 0, 0],
      ['/etc/none', 5, 5],
    ]);
    expect(report.dropped).toEqual([
      { reason: 'missing', accesses: 2, paths: 1, example: '/etc/none' },
      { reason: 'notRegular', accesses: 1, paths: 1, example: '/etc' },
      { reason: 'notDirectory', accesses: 1, paths: 1, example: '/etc/config/x' },
      { reason: 'pastEnd', accesses: 1, paths: 1, example: '/etc/config' },
      { reason: 'empty', accesses: 1, paths: 1, example: '/etc/config' },
    ]);
  });

  it('keeps extended attributes as bytes, and times to the nanosecond', async () => {
    const root = await makeRoot();
    const value = Buffer.from([1, 0, 255, 2]);
    setAttributeSync(join(root, 'etc/config'), 'user.raw', value);
    await utimes(join(root, 'etc/config'), 1.5, 12.75);
    const { meta } = await build(root, [['/etc/config', 0, 5]]);
    expect(meta.includes(Buffer.concat([Buffer.from('user.raw'), value]))).toBe(true);
    const mtime = Buffer.alloc(12);
    mtime.writeBigInt64LE(12n);
    mtime.writeUInt32LE(750_000_000, 8);
    expect(meta.includes(mtime)).toBe(true);
  });

  it('is the same, byte for byte, when built again', async () => {
    const root = await makeRoot();
    const accesses = [
      ['/etc/config', 0, 5],
      ['/lib/b.so', 0, 9999],
    ] as const;
    const [one, two] = [await build(root, accesses), await build(root, accesses)];
    expect(one.meta.equals(two.meta) && one.data.equals(two.data)).toBe(true);
  });

  it.each([
    ['/etc/../etc/config', /^access 1 of the trace: "\/etc\/..\/etc\/config" has a ".." in it$/],
    ['etc/config', /^access 1 of the trace: "etc\/config" is not an absolute path$/],
    ['/loop/x', /^access 1 of the trace: "\/loop\/x" goes through more than 40 symlinks$/],
  ])('refuses %s', async (path, message) => {
    const root = await makeRoot();
    await symlink('/loop', join(root, 'loop'));
    await expect(build(root, [[path, 0, 1]])).rejects.toThrow(message);
  });

  it('does not follow a symlink out of the root', async () => {
    const root = await makeRoot();
    await symlink('../../../../../../etc/config', join(root, 'usr/out'));
    await symlink('/etc', join(root, 'usr/absolute'));
    const { data } = await build(root, [
      ['/usr/out', 0, 5],
      ['/usr/absolute/config', 0, 5],
    ]);
    expect(data.toString('latin1', 0, 5)).toBe('hello');
    expect(data).toHaveLength(4096);
  });
});
