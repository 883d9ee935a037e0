import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readEstargzLayer } from '../../../vm/calibrate/estargz-layer.ts';

const dir = await mkdtemp(join(tmpdir(), 'estargz-'));
afterAll(() => rm(dir, { recursive: true }));

test('tells entries, bytes of the table of contents, and what each chunk takes', async () => {
  const toc = JSON.stringify({
    version: 1,
    entries: [
      { name: 'etc/', type: 'dir' },
      { name: 'etc/small', type: 'reg', size: 9, offset: 100 },
      { name: 'etc/empty', type: 'reg', size: 0 },
      { name: 'big', type: 'reg', size: 5000, offset: 180, chunkSize: 4000 },
      { name: 'big', type: 'chunk', offset: 1180, chunkOffset: 4000 },
    ],
  });
  const header = Buffer.alloc(512);
  header.write(toc.length.toString(8).padStart(11, '0'), 124);
  const tocOffset = 1500;
  const footer = Buffer.alloc(51);
  footer.write(`${tocOffset.toString(16).padStart(16, '0')}STARGZ`, 16);
  const blob = join(dir, 'blob');
  const table = gzipSync(Buffer.concat([header, Buffer.from(toc)]));
  await writeFile(blob, Buffer.concat([Buffer.alloc(tocOffset), table, footer]));

  expect(await readEstargzLayer(blob)).toEqual({
    entries: 5,
    tocBytes: toc.length,
    chunks: [
      { path: 'etc/small', offset: 0, bytes: 9, compressedBytes: 80 },
      { path: 'big', offset: 0, bytes: 4000, compressedBytes: 1000 },
      { path: 'big', offset: 4000, bytes: 1000, compressedBytes: 320 },
    ],
  });
});
