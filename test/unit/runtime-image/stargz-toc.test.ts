import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToc } from '../../../trio/image/stargz-toc.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'toc-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function tarWith(name: string, content: string): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name }, content);
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** The empty gzip member whose extra field has the offset, as estargz writes it. */
function footer(tocOffset: number): Buffer {
  const payload = Buffer.from(`${tocOffset.toString(16).padStart(16, '0')}STARGZ`);
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0]);
  // An empty stored block, flushed, and the trailer.
  return Buffer.concat([header, payload, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)]);
}

async function blob(toc: unknown, tail = footer): Promise<string> {
  const data = Buffer.alloc(1000);
  const content = typeof toc === 'string' ? toc : JSON.stringify(toc);
  const packed = gzipSync(await tarWith('stargz.index.json', content));
  const file = join(folder, 'blob');
  await writeFile(file, Buffer.concat([data, packed, tail(data.length)]));
  return file;
}

const read = async (toc: unknown, tail?: typeof footer) => readToc(await blob(toc, tail), 'layer x');

describe('the table of contents of an eStargz blob', () => {
  it('says where the chunks of files are', async () => {
    const toc = await read({
      version: 1,
      entries: [
        { name: '.no.prefetch.landmark', type: 'reg', size: 1, offset: 100 },
        { name: 'd/', type: 'dir' },
        { name: 'd/large', type: 'reg', size: 5_000_000, offset: 200, chunkSize: 4_194_304 },
        { name: 'd/large', type: 'chunk', offset: 400, chunkOffset: 4_194_304 },
        { name: 'empty', type: 'reg' },
        { name: 'small', type: 'reg', size: 7, offset: 600 },
      ],
    });
    expect(toc).toMatchObject({ tocOffset: 1000, entries: 6, prefetchBytes: 0 });
    expect(Object.fromEntries(toc.files)).toEqual({
      '/d/large': [
        { offset: 200, compressedBytes: 200, bytes: 4_194_304 },
        { offset: 400, compressedBytes: 200, bytes: 805_696 },
      ],
      '/small': [{ offset: 600, compressedBytes: 400, bytes: 7 }],
    });
  });

  it('says how much is to be prefetched', async () => {
    const entries = [{ name: '.prefetch.landmark', type: 'reg', size: 1, offset: 300 }];
    expect((await read({ version: 1, entries })).prefetchBytes).toBe(300);
  });

  it.each([
    ['{', /not JSON/],
    [{ version: 2, entries: [] }, /version/],
    [{ version: 1, entries: [{ name: 'a', type: 'reg', size: -1 }] }, /size/],
    [{ version: 1, entries: [{ name: 'a', type: 'reg', size: 5 }] }, /a has no chunk/],
    [{ version: 1, entries: [{ name: 'a', type: 'reg', size: 5, offset: 1000 }] }, /a has no chunk at 1000/],
  ])('is refused if it is wrong: %j', async (toc, message) => {
    await expect(read(toc)).rejects.toThrow(message);
  });

  it('is refused without a footer, or with one that points elsewhere', async () => {
    const ok = { version: 1, entries: [] };
    await expect(read(ok, () => Buffer.alloc(51))).rejects.toThrow(
      'layer x is no eStargz blob: it has no footer',
    );
    await expect(read(ok, () => footer(10 ** 9))).rejects.toThrow('would be at 1000000000');
    await expect(read(ok, () => footer(10))).rejects.toThrow('cannot be unpacked');
    await writeFile(join(folder, 'short'), 'abc');
    await expect(readToc(join(folder, 'short'), 'x')).rejects.toThrow('it has 3 bytes');
  });
});
