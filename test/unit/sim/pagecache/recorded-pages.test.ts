import { expect, test } from 'vitest';
import { compareInsertions } from '../../../../sim/pagecache/comparison.ts';
import { FolioList } from '../../../../sim/pagecache/folio-list.ts';
import { Prediction } from '../../../../sim/pagecache/predict.ts';
import { linux612 } from '../../../../sim/pagecache/kernel.ts';
import { RecordedPages } from '../../../../sim/pagecache/recorded-pages.ts';
import { decodeRecords, type TraceVisitor } from '../../../../trio/trace/rich-trace.ts';
import { StreamWriter } from '../../../support/trace-writer.ts';

async function decoded<T extends TraceVisitor>(writer: StreamWriter, visitor: T): Promise<T> {
  await decodeRecords([{ name: 'cpu0.bin', chunks: [writer.bytes()] }], visitor);
  return visitor;
}

function folios(...firstAndOrder: [number, number][]): FolioList {
  const list = new FolioList();
  for (const [first, order] of firstAndOrder) list.push(first, order);
  return list;
}

function file(path: string | undefined, ...firstAndOrder: [number, number][]) {
  return { dev: 1, ino: 5, path, inserted: folios(...firstAndOrder) };
}

test('insertions by file, in order, by whatever task; a later open names the file', async () => {
  const writer = new StreamWriter()
    .add('INSERT', { dev: 1, ino: 5, index: 8, order: 2, tid: 7 })
    .add('INSERT', { dev: 2, ino: 5, index: 3, tid: 7 })
    .add('INSERT', { dev: 1, ino: 5, index: 0, tid: 8 })
    .add('OPEN', { dev: 1, ino: 5, path: '/a', file: 4096 })
    .add('OPEN', { dev: 1, ino: 5, path: '/link-to-a', file: 8192 })
    .add('OPEN', { dev: 1, ino: 6, path: '/not-read', file: 4096 });
  const files = (await decoded(writer, new RecordedPages())).inserted();
  expect(files.map(({ dev, ino, path }) => [dev, ino, path])).toEqual([
    [1, 5, '/a'],
    [2, 5, undefined],
  ]);
  expect(files.map(({ inserted }) => [...inserted.toPages()])).toEqual([[8, 9, 10, 11, 0], [3]]);
});

test('a prediction has the pages of others at their place in all that came into the cache, not in its own', async () => {
  const writer = new StreamWriter();
  const inode = { dev: 1, ino: 5, file: 4096, inode_bytes: 4096 * 3, io_pages: 32, ra_pages: 32 };
  writer
    .add('INSERT', { dev: 1, ino: 5, index: 2, tid: 1 })
    .add('OPEN', { ...inode, path: '/a', bdi_ra_pages: 32, f_mode: 1, tid: 7 })
    .add('READ', { ...inode, pos: 0, count: 4096, tid: 7 })
    // It came in otherwise than in the model, which has it by now.
    .add('INSERT', { dev: 1, ino: 5, index: 1, tid: 1 })
    .add('OPEN', { ...inode, ino: 9, path: '/log', f_mode: 2, tid: 7 });
  const kernelFor = () => linux612;
  const settings = { kernelFor, faultAroundPages: 1, settingsOf: () => undefined };
  const { files } = (await decoded(writer, new Prediction(settings))).files;
  expect([...files[0]!.inserted.toPages()]).toEqual([0, 1]);
  expect([...files[0]!.cached.toPages()]).toEqual([2, 0, 1]);
  expect(files.map(({ openedForWriting }) => openedForWriting)).toEqual([false, true]);
});

test('a comparison says which pages came in another order, and takes the name from the side that has one', () => {
  const compare = (recorded: [number, number][], predicted: [number, number][]) =>
    compareInsertions([file(undefined, ...recorded)], [file('/a', ...predicted)], 'inode').files[0];
  const single = (...pages: number[]) => pages.map((page): [number, number] => [page, 0]);
  expect(compare(single(1, 2, 3, 4, 5), single(1, 3, 2, 4, 5))).toMatchObject({
    ...{ path: '/a', sameOrder: false, missed: [], extra: [], outOfOrder: [2, 3] },
  });
  // A page that is missed puts none out of order.
  expect(compare(single(1, 9, 2, 3), single(1, 2, 3, 7))).toMatchObject({
    ...{ sameOrder: false, missed: [9], extra: [7], outOfOrder: [] },
  });
  expect(compare(single(4, 1, 2), single(4, 1, 2))).toMatchObject({ sameOrder: true, outOfOrder: [] });
  expect(compare([[0, 1]], single(0, 1))).toMatchObject({ sameOrder: false, outOfOrder: [] });
});
