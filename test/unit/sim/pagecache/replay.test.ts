import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareInsertions, type InsertedFile } from '../../../../sim/pagecache/comparison.ts';
import { kernelOf, linux61, linux612, type Kernel } from '../../../../sim/pagecache/kernel.ts';
import { Prediction } from '../../../../sim/pagecache/predict.ts';
import { Replay } from '../../../../sim/pagecache/replay.ts';
import { decodeRecords, type TraceVisitor } from '../../../../trio/trace/rich-trace.ts';
import { NaiveKernel, type NaiveSettings, type Step } from '../../../support/naive-kernel.ts';
import { StreamWriter } from '../../../support/trace-writer.ts';

const filesPages = [1, 40, 700];
const filesBytes = filesPages.map((pages) => pages * 4096 - 100);

const open = fc.nat(4);
const page = fc.oneof(fc.nat(700), fc.nat(60));
const pos = page.map((p) => p * 4096);
const count = fc.oneof(fc.constant(4096), fc.nat(300_000));
const mm = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), file: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('read' as const), open, pos, count }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('splice' as const), open, pos, count }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advise' as const), open, pos, count, advice: fc.nat(3) }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('touch' as const),
      mm,
      open,
      page,
      write: fc.boolean(),
      vmaLock: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fork' as const), from: mm, to: mm, hasAnon: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('unmap' as const), mm, open, first: page, pages: fc.nat(100) }),
  },
);
const evict = fc.record({ do: fc.constant('evict' as const), file: fc.nat(2), page });
const openAll: Step[] = [0, 1, 2, 2, 1].map((file) => ({ do: 'open', file }));
const program = fc.array(step, { maxLength: 150, size: 'max' }).map((steps) => [...openAll, ...steps]);
const programWithReclaim = fc
  .array(fc.oneof({ weight: 5, arbitrary: step }, { weight: 1, arbitrary: evict }), {
    maxLength: 150,
    size: 'max',
  })
  .map((steps) => [...openAll, ...steps]);

const plain = { raPages: 32, ioPages: 320, large: false, faultAroundPages: 1 };
const settings = fc.record({
  raPages: fc.constantFrom(0, 4, 16, 32, 128),
  ioPages: fc.constantFrom(32, 320),
  large: fc.boolean(),
  faultAroundPages: fc.constantFrom(1, 4, 16),
});

async function decode<T extends TraceVisitor>(kernel: NaiveKernel, visitor: T): Promise<T> {
  await decodeRecords([{ name: 'cpu0.bin', chunks: [kernel.writer.bytes()] }], visitor);
  return visitor;
}

function ran(with_: NaiveSettings, steps: readonly Step[]): NaiveKernel {
  const kernel = new NaiveKernel(with_, filesBytes);
  kernel.run(steps);
  return kernel;
}

/** As the naive kernel lists them. */
function listed(files: readonly InsertedFile[]): string[][] {
  return filesBytes.map((_, number) => {
    const list = files.find(({ ino }) => ino === 100 + number)?.inserted;
    return Array.from(
      { length: list?.length ?? 0 },
      (_, i) => `${list!.firstPage(i)}+${2 ** list!.order(i)}`,
    );
  });
}

const kernelFor = (release: string): Kernel => {
  const kernel = kernelOf(release);
  if (!kernel) throw new Error(`no model of kernel ${release}`);
  return kernel;
};

describe.each(['6.1', '6.12'] as const)('kernel %s', (version) => {
  test('a replay inserts what was recorded, and its readahead states are the recorded ones', async () => {
    await fc.assert(
      fc.asyncProperty(settings, programWithReclaim, async (with_, steps) => {
        const kernel = ran({ version, ...with_ }, steps);
        const replay = await decode(kernel, new Replay(kernelFor));
        expect(replay.differences).toEqual([]);
        const comparison = replay.comparison();
        expect(comparison.files.filter(({ sameOrder }) => !sameOrder)).toEqual([]);
        expect(comparison).toMatchObject({ jaccard: 1, filesInSameOrder: comparison.files.length });
        expect(listed(replay.recorded())).toEqual(kernel.inserted);
      }),
      { numRuns: 60 },
    );
  });

  test('a trace without fault-around predicts the run with other settings', async () => {
    await fc.assert(
      fc.asyncProperty(settings, program, async (target, steps) => {
        const trace = ran({ version, ...plain }, steps);
        const truth = ran({ version, ...target }, steps);
        const { faultAroundPages, raPages, ioPages, large: largeFolios } = target;
        const settingsOf = () => ({ raPages, ioPages, largeFolios });
        const prediction = await decode(trace, new Prediction({ kernelFor, faultAroundPages, settingsOf }));
        expect(listed(prediction.inserted())).toEqual(truth.inserted);
        // mmap_miss counts each fault and each page that fault-around met, also where no insertion depends on it.
        expect(prediction.files.openFiles.map((file) => [file?.startPage, file?.mmapMiss])).toEqual(
          truth.open.map(({ start, miss }) => [start, miss]),
        );
      }),
      { numRuns: 60 },
    );
  });
});

const sequential: Step[] = [
  { do: 'open', file: 2 },
  ...Array.from({ length: 20 }, (_, i): Step => ({ do: 'read', open: 0, pos: i * 4096, count: 4096 })),
];
const faults: Step[] = [
  { do: 'open', file: 2 },
  { do: 'touch', mm: 0, open: 0, page: 100, write: false, vmaLock: false },
  { do: 'read', open: 0, pos: 116 * 4096, count: 4096 },
  { do: 'read', open: 0, pos: 400 * 4096, count: 4096 },
];

test('a model that is wrong: the pages, and the first access that shows it', async () => {
  // 6.1 makes another window at page 116, behind the read-around, than 6.12: see the tests of readahead.
  const kernel = ran({ version: '6.1', ...plain }, faults);
  const replay = await decode(kernel, new Replay(() => linux612));
  expect(replay.differences).toMatchObject([
    {
      type: 'READ',
      path: '/file-2',
      fields: [{ name: 'async_size', modelled: 1, recorded: 16 }],
    },
  ]);
  // Open, fault and its repetition, and the reads, of which the last is the first behind the difference.
  expect([replay.accesses, replay.accessesThatDiffer]).toEqual([4, 1]);
  expect(replay.comparison()).toMatchObject({ jaccard: 1 });
});

test('missed and extra pages are named', async () => {
  const kernel = ran({ version: '6.12', ...plain }, sequential);
  const settingsOf = () => ({ raPages: 4, ioPages: 4, largeFolios: false });
  const replay = await decode(kernel, new Replay(kernelFor));
  expect(replay.comparison().files).toMatchObject([
    { path: '/file-2', recordedPages: 60, missed: [], extra: [] },
  ]);
  const prediction = new Prediction({ kernelFor, faultAroundPages: 1, settingsOf });
  await decode(kernel, prediction);
  // Windows of 2 and then 4 pages: 0-1, 2-5, …, the last one, 22-25, opened by the mark on 18.
  const comparison = compareInsertions(replay.recorded(), prediction.inserted(), 'path');
  expect(comparison).toMatchObject({
    recordedPages: 60,
    predictedPages: 26,
    commonPages: 26,
    jaccard: 26 / 60,
  });
  expect(comparison.files[0]).toMatchObject({ extra: [], sameOrder: false });
  expect(comparison.files[0]?.missed).toEqual(Array.from({ length: 34 }, (_, i) => 26 + i));
  const reverse = compareInsertions(prediction.inserted(), replay.recorded(), 'path');
  expect(reverse.files[0]).toMatchObject({ missed: [], extra: comparison.files[0]?.missed });
});

test('pages that another task has put in the cache are where the accesses start from', async () => {
  const kernel = new NaiveKernel({ version: '6.12', ...plain }, filesBytes);
  kernel.warm(2, [0, 1, 2, 3, 105]);
  kernel.run(sequential);
  kernel.run(faults.slice(1));
  const replay = await decode(kernel, new Replay(kernelFor));
  expect(replay.differences).toEqual([]);
  expect(replay.comparison()).toMatchObject({ jaccard: 1, filesInSameOrder: 1 });
  expect(replay.files.foreign).toBe(5);
});

test('a file opened before the trace begins with its recorded state', async () => {
  const writer = new StreamWriter();
  const file = { dev: 1, ino: 5, file: 4096, inode_bytes: 4096_000, io_pages: 32, ra_pages: 32, tid: 7 };
  const state = { ra_start: 12, ra_size: 16, ra_async_size: 16, ra_prev_pos: 11 * 4096 };
  writer.add('READ', { ...file, ...state, pos: 11 * 4096, count: 4096 });
  writer.add('INSERT', { dev: 1, ino: 5, index: 11, tid: 7 });
  for (let index = 12; index < 15; index++) writer.add('INSERT', { dev: 1, ino: 5, index, tid: 7 });
  const replay = new Replay(() => linux612);
  await decodeRecords([{ name: 'cpu0.bin', chunks: [writer.bytes()] }], replay);
  expect(replay.files.adopted).toBe(1);
  // 11 was the last page read: a new window of 4.
  expect(replay.comparison()).toMatchObject({ jaccard: 1, filesInSameOrder: 1, recordedPages: 4 });
});

test('a trace with fault-around is refused for a prediction', async () => {
  const kernel = ran({ version: '6.12', ...plain, faultAroundPages: 16 }, sequential);
  const prediction = new Prediction({ kernelFor, faultAroundPages: 16, settingsOf: () => undefined });
  await expect(decode(kernel, prediction)).rejects.toThrow(
    'recorded with fault_around_bytes=65536, which hides touches',
  );
});

test('a kernel without a model is an error of the caller’s choice', async () => {
  const writer = new StreamWriter({ kernel_release: '6.6.0-98.0.0' });
  const replay = new Replay(kernelFor);
  await expect(decodeRecords([{ name: 'cpu0.bin', chunks: [writer.bytes()] }], replay)).rejects.toThrow(
    'no model of kernel 6.6.0-98.0.0',
  );
  expect(linux61.version).toBe('6.1');
});
