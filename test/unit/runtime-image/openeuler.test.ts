import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportOpenEuler } from '../../../trio/image/openeuler.ts';
import { contentOf, directory, file, memoryRootfs, symlink } from './memory-rootfs.ts';
import { temporaryFolder } from './folders.ts';

type Line = { path: string; ino: number; offset: number; length: number };

const sizes: Record<string, number> = { '/bin/a': 10_000, '/bin/b': 8192, '/tmp/c': 5000, '/empty': 0 };
/** Folders, links, what is missing, and what the published tool leaves out by its name. */
const others = ['/bin', '/dangling', '/none', '/proc/d', '/sys/e', '/bin/a/x'];
const aliases: Record<string, string> = { '/alias': '/bin/a' };

function rootfs() {
  const [root, bin, tmp] = [directory(), directory(), directory()];
  root.add('bin', bin);
  root.add('tmp', tmp);
  bin.add('a', file(sizes['/bin/a']!));
  bin.add('b', file(sizes['/bin/b']!));
  tmp.add('c', file(sizes['/tmp/c']!));
  root.add('empty', file(0));
  root.add('alias', symlink('bin/a'));
  root.add('dangling', symlink('none'));
  for (const name of ['proc', 'sys']) {
    const folder = directory();
    root.add(name, folder);
    folder.add(name === 'proc' ? 'd' : 'e', file(4096));
  }
  return memoryRootfs(root);
}

/** The description of the arrangement, word by word, as slowly as it can be done. */
function model(lines: readonly Line[]): { meta: string; data: Buffer } {
  const byPath = new Map<string, { ino: number; ranges: [number, number][] }>();
  for (const { path, ino, offset, length } of lines) {
    if (['/tmp/', '/proc/', '/sys/'].some((prefix) => path.startsWith(prefix))) continue;
    const size = sizes[aliases[path] ?? path];
    if (size === undefined || offset >= size) continue;
    const known = byPath.get(path) ?? { ino, ranges: [] };
    byPath.set(path, known);
    known.ranges.push([offset, Math.min(offset + length, size)]);
  }
  const texts: string[] = [];
  let data = Buffer.alloc(0);
  for (const { ino, ranges } of byPath.values()) {
    for (let again = true; again;) {
      again = false;
      for (const one of ranges)
        for (const other of ranges)
          if (!again && one !== other && one[0] <= other[1] && other[0] <= one[1]) {
            ranges.splice(ranges.indexOf(other), 1);
            ranges[ranges.indexOf(one)] = [Math.min(one[0], other[0]), Math.max(one[1], other[1])];
            again = true;
          }
    }
    ranges.sort((a, b) => a[0] - b[0]);
    const parts = ranges.map(([start, end]) => {
      const part = `${start},${end - start},${data.length}`;
      const padding = Buffer.alloc((4096 - ((end - start) % 4096)) % 4096);
      data = Buffer.concat([data, contentOf(start, end - start), padding]);
      return part;
    });
    texts.push(`${ino}|${parts.join('+')}`);
  }
  return { meta: texts.join('@'), data };
}

async function exported(lines: readonly Line[]) {
  const folder = await temporaryFolder();
  const pair = await exportOpenEuler(
    rootfs(),
    async (sink) =>
      lines.forEach(({ path, ino, offset, length }) => sink.access(sink.file(path), ino, offset, length)),
    folder,
  );
  const [meta, data] = [
    await readFile(join(folder, pair.metaName)),
    await readFile(join(folder, pair.dataName)),
  ];
  expect((await readdir(folder)).sort()).toEqual([pair.metaName, pair.dataName].sort());
  return { pair, meta, data };
}

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.keys(sizes), ...Object.keys(aliases)) },
  fc.constantFrom(...others),
);
// Small multiples make ranges overlap, touch, nest and repeat.
const position = fc.oneof(
  fc.nat(11_000),
  fc.nat(11).map((n) => n * 1000),
  fc.nat(3).map((n) => n * 4096),
);
const line = fc.record({ path, ino: fc.integer({ min: 1, max: 9 }), offset: position, length: position });

it('is what the description says, whatever the lines', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      const expected = model(lines);
      fc.pre(expected.meta !== '');
      const { meta, data, pair } = await exported(lines);
      expect(meta.toString()).toBe(expected.meta);
      expect(data.equals(expected.data)).toBe(true);
      const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      expect([pair.metaName, pair.dataName]).toEqual([sha256(meta), sha256(data)]);
    }),
    { numRuns: 200 },
  );
});

it.each<[string, readonly [string, number, number][], string]>([
  [
    'overlapping',
    [
      ['/bin/a', 0, 200],
      ['/bin/a', 100, 200],
    ],
    '1|0,300,0',
  ],
  [
    'touching',
    [
      ['/bin/a', 100, 100],
      ['/bin/a', 0, 100],
    ],
    '1|0,200,0',
  ],
  [
    'nested',
    [
      ['/bin/a', 0, 4096],
      ['/bin/a', 10, 20],
    ],
    '1|0,4096,0',
  ],
  [
    'unsorted',
    [
      ['/bin/a', 8192, 1],
      ['/bin/a', 0, 1],
    ],
    '1|0,1,0+8192,1,4096',
  ],
  [
    'past the end',
    [
      ['/bin/a', 8192, 4096],
      ['/bin/a', 10_000, 1],
    ],
    '1|8192,1808,0',
  ],
  [
    'without length',
    [
      ['/bin/a', 50, 0],
      ['/bin/b', 0, 5000],
    ],
    '1|50,0,0@1|0,5000,0',
  ],
  [
    'of two files',
    [
      ['/bin/b', 0, 5000],
      ['/bin/a', 0, 1],
      ['/bin/b', 0, 6000],
    ],
    '1|0,6000,0@1|0,1,8192',
  ],
  [
    'of what is left out',
    [
      ['/bin/a', 0, 1],
      ['/tmp/c', 0, 1],
      ['/none', 0, 1],
      ['/bin', 0, 1],
    ],
    '1|0,1,0',
  ],
])('arranges lines %s', async (_what, lines, expected) => {
  const { meta } = await exported(
    lines.map(([name, offset, length]) => ({ path: name, ino: 1, offset, length })),
  );
  expect(meta.toString()).toBe(expected);
});

it('says so when nothing is left', async () => {
  const lines = others.map((name) => ({ path: name, ino: 1, offset: 0, length: 1 }));
  await expect(exported(lines)).rejects.toThrow('nothing in the trace is a range of a file of the image');
});
