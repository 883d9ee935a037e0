import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeRecords } from '../../../trio/trace/rich-trace.ts';
import { TouchedPages } from '../../../trio/trace/touched-pages.ts';
import { completeness } from '../../../vm/record/completeness.ts';
import { inodeKey, readImageInodes } from '../../../vm/record/image-inodes.ts';
import {
  accessesOf,
  accessesOfGroup,
  pagesAndOpensOf,
  pagesOf,
  selectRecords,
  timesOf,
  type Selection,
} from '../../../vm/record/select-records.ts';
import { StreamWriter } from '../../support/trace-writer.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-record-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}

const dev = 259 * 2 ** 20;
/** Files 1 (also a hard link) and 2 of a lower layer; file 3 above hides file 2. */
const inodes = `${dev} 3 0 etc/two\0${dev} 1 1 bin/one\0${dev} 1 1 bin/uno\0${dev} 2 1 etc/two\0`;

describe("an image's inodes", () => {
  it('are known by the paths that the container sees them by', async () => {
    expect(await readImageInodes(await file('inodes', inodes))).toEqual(
      new Map([
        [inodeKey(dev, 3), ['/etc/two']],
        [inodeKey(dev, 1), ['/bin/one', '/bin/uno']],
        [inodeKey(dev, 2), []],
      ]),
    );
  });

  it('keep spaces and newlines in names, and refuse what is no inode', async () => {
    const odd = await readImageInodes(await file('odd', `1 2 0 a b\nc\0`));
    expect([...odd.values()]).toEqual([['/a b\nc']]);
    await expect(readImageInodes(await file('bad', 'x y z\0'))).rejects.toThrow('names no inode');
  });
});

describe('completeness', () => {
  const trace = new StreamWriter()
    .add('INSERT', { dev, ino: 1, index: 4, order: 1 })
    .add('INSERT', { dev, ino: 3, index: 0 })
    .add('INSERT', { dev, ino: 99, index: 7 });

  it('counts the pages of the image that are not in the runtime image, and the other way round', async () => {
    const touched = new TouchedPages();
    touched.access(touched.file('/bin/uno'), 1, 4 * 4096, 4096);
    touched.access(touched.file('/etc/two'), 3, 0, 100);
    touched.access(touched.file('/etc/two'), 3, 8192, 1);
    const image = await readImageInodes(await file('inodes', inodes));
    expect(await completeness(await file('events0', trace.bytes()), image, touched)).toEqual({
      demandedPages: 3,
      coveredPages: 2,
      missing: [{ path: '/bin/uno', page: 5 }],
      undemanded: [{ path: '/etc/two', page: 2 }],
    });
  });
});

describe('selected records', () => {
  const stream = new StreamWriter()
    .add('OPEN', { dev, ino: 1, path: '/bin/one' })
    .add('INSERT', { dev, ino: 1, index: 4 })
    .add('INSERT', { dev, ino: 99, index: 7 })
    .add('DELETE', { dev, ino: 1, index: 4 })
    .add('SWITCH', { next_tid: 7 })
    .add('READ', { dev, ino: 1, pos: 0, count: 10 });
  const image = new Set([inodeKey(dev, 1)]);

  async function typesOf(selection: Selection): Promise<number[]> {
    const bytes = await selectRecords(await file('events0', stream.bytes()), selection);
    const types: number[] = [];
    const summary = await decodeRecords([{ name: 'selected', chunks: [bytes] }], {
      each: ({ type }) => void types.push(type),
    });
    // Numbered anew: nothing looks lost.
    expect(summary.lostRecords).toBe(0);
    return types;
  }

  it('are accesses with pages of the image, without the times of threads', async () => {
    expect(await typesOf(accessesOf(image))).toEqual([16, 80, 81, 17]);
  });
  it('are also what tasks of the container put in the page cache, but nobody else', async () => {
    const own = new StreamWriter()
      .add('INSERT', { dev, ino: 99, index: 1, tgid: 7 })
      .add('INSERT', { dev, ino: 99, index: 2, tgid: 8 })
      .add('READ', { dev, ino: 1, pos: 0, count: 10, tgid: 7 });
    const path = await file('own', own.bytes());
    const bytes = await selectRecords(path, await accessesOfGroup(path, image));
    const pages: number[] = [];
    await decodeRecords([{ name: 'selected', chunks: [bytes] }], {
      insert: ({ index }) => void pages.push(index),
    });
    expect(pages).toEqual([1]);
  });
  it('are the pages of the image', async () => {
    expect(await typesOf(pagesOf(image))).toEqual([80, 81]);
    expect(await typesOf(pagesAndOpensOf(image))).toEqual([16, 80, 81]);
  });
  it('are all but pages', async () => {
    expect(await typesOf(timesOf)).toEqual([16, 50, 17]);
  });
});
