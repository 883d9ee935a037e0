import { setAttributeSync } from '@napi-rs/xattr';
import { execa } from 'execa';
import fc from 'fast-check';
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildRuntimeImage, dataFile } from '../../../trio/image/build.ts';
import { LayerTree } from '../../../trio/image/layer-tree.ts';
import { fileType } from '../../../trio/image/layout.ts';
import { MergedView } from '../../../trio/image/merged-view.ts';
import { openImage } from '../../../trio/image/oci-layout.ts';
import { openDirectory } from '../../../trio/image/rootfs-directory.ts';
import { openLayers } from '../../../trio/image/rootfs-oci.ts';
import type { TarEntry } from '../../../trio/image/tar-reader.ts';
import { describeName } from '../../../trio/image/summary.ts';
import { names } from '../../../trio/image/contents.ts';
import { verifyRuntimeImage } from '../../../trio/image/verify.ts';
import type { StartSink } from '../../../trio/trace/sink.ts';
import { layerDifference } from '../../../vm/images/layer-difference.ts';
import type { IndexedEntry } from '../../../vm/images/tree-index.ts';
import { makeLayout, removeLayout } from '../images/make-layout.ts';
import { anyTree, layerOf } from '../images/tree-model.ts';
import { temporaryFolder } from './folders.ts';

const content = (letter: string, bytes: number) => letter.repeat(bytes);

/** The tar of a folder, as `tar` makes it: pax, with everything. */
async function tarOf(folder: string): Promise<Buffer> {
  const options = ['--format=pax', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--sort=name'];
  const { stdout } = await execa('tar', [...options, '-C', folder, '-c', '.'], { encoding: 'buffer' });
  return Buffer.from(stdout);
}

async function openTars(...tars: readonly (readonly ['tar' | 'gzip' | 'zstd', Buffer])[]) {
  const layout = await makeLayout(tars);
  onTestFinished(() => removeLayout(layout));
  return openLayers(await openImage(layout.folder, undefined));
}

async function lowerFolder(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await mkdir(join(root, 'etc/conf.d'), { recursive: true });
  await writeFile(join(root, 'usr/lib/a.so'), content('a', 4096) + content('b', 5000));
  await writeFile(join(root, 'usr/lib/gone.so'), content('g', 10));
  await writeFile(join(root, 'etc/conf.d/old'), 'old');
  await writeFile(join(root, 'etc/config'), 'lower');
  await link(join(root, 'usr/lib/a.so'), join(root, 'usr/same.so'));
  await symlink('usr/lib', join(root, 'lib'));
  await writeFile(join(root, 'a-name-of-many-bytes-'.repeat(8)), 'long');
  setAttributeSync(join(root, 'etc/config'), 'user.raw', Buffer.from([255, 0, 10, 61]));
  return root;
}

async function upperFolder(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await mkdir(join(root, 'etc/conf.d'), { recursive: true });
  await writeFile(join(root, 'usr/lib/.wh.gone.so'), '');
  await writeFile(join(root, 'etc/conf.d/.wh..wh..opq'), '');
  await writeFile(join(root, 'etc/conf.d/new'), 'new');
  await writeFile(join(root, 'etc/config'), 'upper');
  return root;
}

const feed =
  (...paths: string[]) =>
  async (sink: StartSink) =>
    paths.forEach((path) => sink.access(sink.file(path), 1, 0, 1 << 20));

async function built(rootfs: Parameters<typeof buildRuntimeImage>[0], ...paths: string[]) {
  const out = await temporaryFolder();
  const report = await buildRuntimeImage(rootfs, feed(...paths), out, 'first-access');
  const meta = await verifyRuntimeImage(out);
  const list = [...names(meta)].map((name) => describeName(meta, name).replace(/ \d+:\d+ /, ' '));
  return { report, meta, list, data: (await readFile(join(out, dataFile))).toString('latin1') };
}

describe('layers of an OCI image', () => {
  it('give what the same tree on disk gives', async () => {
    const lower = await lowerFolder();
    const paths = ['/lib/a.so', '/etc/config', `/${'a-name-of-many-bytes-'.repeat(8)}`, '/usr/same.so'];
    const onDisk = await built(await openDirectory(lower), ...paths);
    const tar = await tarOf(lower);
    for (const packer of ['tar', 'gzip', 'zstd'] as const) {
      const layered = await built(await openTars([packer, tar]), ...paths);
      expect(layered.list).toEqual(onDisk.list);
      expect(layered.data).toBe(onDisk.data);
      // Header and layers name where it came from; all records behind them are the same.
      const begin = onDisk.meta.place('inodes', 0);
      expect(layered.meta.bytes.subarray(begin).equals(onDisk.meta.bytes.subarray(begin))).toBe(true);
    }
    expect(onDisk.meta.bytes.includes(Buffer.from([255, 0, 10, 61]))).toBe(true);
  });

  it('hide what is below, and answer for each layer what overlayfs asks it', async () => {
    const rootfs = await openTars(
      ['gzip', await tarOf(await lowerFolder())],
      ['zstd', await tarOf(await upperFolder())],
    );
    const paths = ['/usr/lib/a.so', '/usr/lib/gone.so', '/etc/conf.d/old', '/etc/conf.d/new', '/etc/config'];
    const { list, data, report, meta } = await built(rootfs, ...paths);
    const page = (text: string) => text.padEnd(4096, '\0');
    expect(data).toBe(
      content('a', 4096) + content('b', 4096) + page(content('b', 904)) + page('new') + page('upper'),
    );
    expect(report.dropped).toEqual([
      { reason: 'missing', accesses: 2, paths: 2, example: '/usr/lib/gone.so' },
    ]);
    expect(report.layers.map(({ files, pages }) => [files, pages])).toEqual([
      [1, 3],
      [2, 2],
    ]);
    // Nobody asks for what is below an opaque directory.
    expect(list).toEqual([
      '0 040700 0 0 "/"',
      '0 040755 0 0 "/etc"',
      '0 040755 0 0 "/usr"',
      '0 040755 0 0 "/usr/lib"',
      '0 100644 9096 3 "/usr/lib/a.so"',
      '0 100644 9096 3 "/usr/same.so"',
      '1 040700 0 0 "/"',
      '1 040755 0 0 "/etc"',
      '1 040755 0 0 "/etc/conf.d"',
      '1 100644 3 1 "/etc/conf.d/new"',
      '1 missing "/etc/conf.d/old"',
      '1 100644 5 1 "/etc/config"',
      '1 040755 0 0 "/usr"',
      '1 040755 0 0 "/usr/lib"',
      '1 missing "/usr/lib/a.so"',
      '1 020000 0 0 "/usr/lib/gone.so"',
    ]);
    expect(meta.bytes.includes('trusted.overlay.opaque')).toBe(true);
  });
});

/** What a tree shows: each path, what it is, and which names are one file. */
type Shown = Map<string, string>;

const types = {
  file: fileType.regular,
  directory: fileType.directory,
  symlink: fileType.symlink,
  hardlink: fileType.regular,
  fifo: fileType.fifo,
  char: fileType.character,
  block: fileType.block,
} as const;

function tarEntry(entry: IndexedEntry): TarEntry {
  const target = entry.type === 'symlink' ? (entry.target ?? '') : '';
  return {
    path: entry.path,
    linkTo: entry.type === 'hardlink' ? entry.target : undefined,
    xattrs: new Map(),
    // The hash stands for the content.
    attributes: {
      mode: types[entry.type] | entry.mode,
      uid: entry.sha256 === 'y' ? 1 : 0,
      gid: 0,
      sizeBytes: 0,
      mtimeS: 0,
      mtimeNs: 0,
      rdevMajor: 0,
      rdevMinor: 0,
      target,
    },
  };
}

const whiteoutEntry = (path: string): TarEntry =>
  tarEntry({ path, type: 'file', mode: 0, uid: 0, gid: 0, mtimeS: 0, sizeBytes: 0 });

/** What of all possible paths of {@link anyTree} there is. */
function shown(layers: readonly LayerTree[]): Shown {
  const view = new MergedView({
    id: Buffer.alloc(32),
    layers: layers.map(({ root }) => ({ diffId: Buffer.alloc(32), root })),
    read: () => Promise.reject(new Error('not asked for')),
  });
  const found: Shown = new Map();
  const inodes = new Map<unknown, string>();
  const letters = ['a', 'b', 'c'];
  const visit = (folder: string, depth: number): void => {
    for (const letter of depth < 3 ? letters : []) {
      const path = `${folder}/${letter}`;
      const at = view.resolve(path, false);
      if (typeof at === 'string') continue;
      const { mode, uid, target } = at.node.attributes;
      const isFile = at.node.type === fileType.regular;
      if (isFile && !inodes.has(at.node)) inodes.set(at.node, path);
      found.set(path, JSON.stringify([mode, uid, target, isFile && inodes.get(at.node)]));
      if (at.node.children) visit(path, depth + 1);
    }
  };
  visit('', 0);
  return found;
}

describe('a layer over another', () => {
  it('shows the tree that it was made from', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (base, full) => {
        const difference = layerDifference(base, full);
        const lower = new LayerTree('lower', []);
        for (const entry of base.values()) lower.add(tarEntry(entry));
        const upper = new LayerTree('upper', [lower.root]);
        for (const entry of layerOf(full, difference)) upper.add(tarEntry(entry));
        for (const path of difference.whiteouts) upper.add(whiteoutEntry(path));
        const alone = new LayerTree('alone', []);
        for (const entry of full.values()) alone.add(tarEntry(entry));
        expect(shown([lower, upper])).toEqual(shown([alone]));
      }),
      { numRuns: 500 },
    );
  });

  it('is like the one below where it does not name a folder', () => {
    const lower = new LayerTree('lower', []);
    lower.add(
      tarEntry({ path: 'a', type: 'directory', mode: 0o700, uid: 0, gid: 0, mtimeS: 0, sizeBytes: 0 }),
    );
    const upper = new LayerTree('upper', [lower.root]);
    upper.add(whiteoutEntry('a/b'));
    expect(upper.root.children?.get('a')?.attributes.mode).toBe(fileType.directory | 0o700);
  });

  it.each([
    [[whiteoutEntry('a'), whiteoutEntry('a/b')], /a\/b: it goes through something that is no directory/],
    [
      [{ ...whiteoutEntry('a'), linkTo: 'b' }],
      /a: it is a hard link to b, which is no file before it in the layer/,
    ],
    [[whiteoutEntry('')], /\/: it is no directory/],
  ])('refuses what it cannot mean: %#', (entries, message) => {
    const tree = new LayerTree('layer', []);
    expect(() => entries.forEach((entry) => tree.add(entry))).toThrow(message);
  });
});

describe('a broken tar', () => {
  it.each<[string, (tar: Buffer) => Buffer, RegExp]>([
    [
      'ends early',
      (tar) => tar.subarray(0, 700),
      /^layer sha256:\w+: at byte 700 of its tar: the tar ends here, \d+ bytes too early$/,
    ],
    [
      'has a damaged header',
      (tar) => Buffer.concat([Buffer.from('x'), tar.subarray(1)]),
      /at byte 0 of its tar: no tar header \(wrong checksum\)/,
    ],
    [
      'is none',
      () => Buffer.from('garbage'.repeat(1000)),
      /at byte 0 of its tar: (no tar header|"\w+" is no octal number)/,
    ],
  ])('%s', async (_what, damage, message) => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'file'), content('x', 2000));
    await expect(openTars(['gzip', damage(await tarOf(root))])).rejects.toThrow(message);
  });
});
