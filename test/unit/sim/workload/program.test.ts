import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProgram, type Program } from '../../../../sim/workload/program.ts';
import { outside } from '../../../../sim/workload/run.ts';
import { stepKind } from '../../../../sim/workload/steps.ts';
import { faultFlagTried } from '../../../../trio/trace/records.ts';
import { decodeRecords } from '../../../../trio/trace/rich-trace.ts';
import { Run } from '../../../../sim/workload/run.ts';
import { RunTrace } from '../../../support/program-traces.ts';
import { StreamWriter } from '../../../support/trace-writer.ts';

const sleeps = 1;

/** runc init (10) looks for the program, waits for runc start (205), and executes it. */
function begun(trace: RunTrace): RunTrace {
  return trace
    .stat(1000, 10, '/file-0')
    .switch(1100, 10, 205, sleeps)
    .wake(3000, 205, 10)
    .switch(3100, 205, 10, 0)
    .open(3200, 10, 0)
    .exec(3300, 10, '/file-0');
}

/** Where the sums of a program go. */
function sums(program: Program) {
  const sum = (column: Float64Array, from: number, to: number) =>
    column.subarray(from, to).reduce((total, ns) => total + ns, 0);
  const of = (from: number, to: number) => sum(program.cpuNs, from, to) + sum(program.waitNs, from, to);
  return {
    prelude: of(0, program.prelude) + program.preludeTail.cpuNs + program.preludeTail.waitNs,
    program: of(program.prelude, program.readySteps) + program.tail.cpuNs + program.tail.waitNs,
    after: of(program.readySteps, program.steps),
  };
}

describe('one thread', () => {
  const touchRun = () =>
    begun(new RunTrace())
      .read(5000, 10, 0, 0)
      .touch(5100, 10, 0, 1)
      .touch(5200, 10, 0, 2)
      .touch(5300, 10, 0, 30)
      .read(5400, 10, 0, 8192)
      .read(5500, 10, 0, 65536)
      .run();
  /** Running is at 3_400, when runc start has ended and others have the CPU for a while. */
  const warmRun = () =>
    begun(new RunTrace(65536))
      .switch(3400, 10, 300, 0)
      .switch(1_003_400, 300, 10, sleeps)
      .read(1_004_000, 10, 0, 0)
      .mapPages(1_004_500, 10, 0, 0, 15)
      .switch(1_004_600, 10, 0, sleeps)
      .wake(2_004_600, 0, 10, true)
      .switch(2_004_700, 0, 10, 0)
      .read(2_005_000, 10, 0, 8192)
      .switch(2_006_000, 10, 300, sleeps)
      .switch(3_006_000, 300, 10, sleeps)
      .read(3_006_100, 10, 0, 65536)
      .run();

  test('its times are those of the warm run, interpolated where that has no step', async () => {
    const program = buildProgram(await touchRun(), { run: await warmRun(), readyNs: 2_500_000 });
    expect(program).toMatchObject({ steps: 9, prelude: 1, readySteps: 8, isTimed: true, threads: 1 });
    expect(program.aligned).toEqual({
      accesses: { steps: 6, aligned: 6 },
      touches: { steps: 3, aligned: 1 },
    });
    // stat | open, exec, read, touches of pages 1, 2 and 30, read | read after Ready
    expect([...program.cpuNs]).toEqual([0, 200, 100, 1_000_700, 500, 166, 168, 166, 0]);
    expect([...program.othersNs]).toEqual([0, 100, 0, 1_000_000, 0, 33, 34, 33, 0]);
    expect([...program.waitNs]).toEqual([0, 0, 0, 0, 0, 0, 0, 1_000_000, 0]);
    expect(program.tail).toEqual({ cpuNs: 1000, othersNs: 0, waitNs: 497_400 });
    expect(program.preludeTail).toEqual({ cpuNs: 100, othersNs: 0, waitNs: 1900 });
    expect(program.releaseToRunningNs).toBe(400);
    expect(sums(program)).toEqual({ prelude: 2000, program: 2_500_400, after: 0 });
  });

  test('without a warm run it has no times', async () => {
    const program = buildProgram(await touchRun());
    expect(program).toMatchObject({ steps: 9, prelude: 1, readySteps: 9, isTimed: false });
    expect(sums(program)).toEqual({ prelude: 0, program: 0, after: 0 });
  });

  test('its steps have what the page cache needs to know', async () => {
    const program = buildProgram(await touchRun());
    const { fault, read } = stepKind;
    const at = program.kind.indexOf(fault);
    expect(program.page[at]).toBe(1);
    expect(program.addressPage[at]! - program.startPage[at]!).toBe(1);
    expect(program.endPage[at]! - program.startPage[at]!).toBe(4096);
    const last = program.kind.lastIndexOf(read);
    expect([program.posBytes[last], program.countBytes[last], program.inodeBytes[last]]).toEqual([
      65536,
      4096,
      2 ** 22,
    ]);
    expect(program.files[program.file[last]!]).toMatchObject({ path: '/file-0', ino: 100, ofImage: true });
    expect(program.paths[program.path[0]!]).toBe('/file-0');
    expect([program.found[0], program.fileType[0]]).toEqual([1, 0o4]);
  });
});

describe('several threads', () => {
  const touchRun = () =>
    begun(new RunTrace())
      .open(4000, 10, 1)
      .fork(4100, 10, 11)
      .read(4200, 10, 1, 0)
      .touch(4250, 10, 1, 8)
      .touch(4300, 11, 1, 7)
      .read(4400, 11, 1, 4096)
      .read(4500, 10, 1, 8192)
      .run();
  /** 11 is called 12 here; it reads, and wakes the main thread, which waits for it. */
  const warmRun = () =>
    begun(new RunTrace(65536))
      .open(4000, 10, 1)
      .fork(4100, 10, 12)
      .read(4200, 10, 1, 0)
      .switch(4300, 10, 12, sleeps)
      .read(5000, 12, 1, 4096)
      .wake(5100, 12, 10)
      .switch(5500, 12, 10, sleeps)
      .read(5600, 10, 1, 8192)
      .switch(6000, 10, 300, sleeps)
      .run();

  test('wait for who made them, and for who wakes them', async () => {
    const program = buildProgram(await touchRun(), { run: await warmRun(), readyNs: 4000 });
    // stat, open, exec | 3 open, 4 read, 5 touch, 6 touch and 7 read of the other thread, 8 read
    expect([...program.thread]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0]);
    expect([...program.dependsOn]).toEqual([-1, -1, -1, -1, -1, -1, 3, -1, 7]);
    expect(program.aligned.accesses).toEqual({ steps: 7, aligned: 7 });
  });

  test('have the time that they ran themselves; of one without further steps, the next step has it', async () => {
    const program = buildProgram(await touchRun(), { run: await warmRun(), readyNs: 4000 });
    // The other thread ran 700 ns to its read, and 500 more until it slept; the main thread 100 ns until then, and
    // 100 to its last read.
    expect([...program.cpuNs.subarray(4)]).toEqual([200, 350, 350, 350, 350]);
  });
});

test('Running is not before runc start has ended', async () => {
  const warm = begun(new RunTrace(65536))
    .switch(3400, 10, 300, 0)
    .switch(703_400, 205, 10, sleeps)
    .switch(704_000, 10, 300, 0)
    .switch(1_404_000, 300, 10, sleeps)
    .switch(1_405_000, 10, 300, sleeps);
  const touch = await begun(new RunTrace()).run();
  const program = buildProgram(touch, { run: await warm.run(), readyNs: 2_000_000 });
  expect(program.releaseToRunningNs).toBe(701_000);
});

test('the repetition of a fault is no touch of its own, but what comes into the cache is its', async () => {
  const touch = await begun(new RunTrace())
    .touch(4000, 10, 1, 5, faultFlagTried)
    .insert(4100, 10, 1, 5)
    .run();
  expect(buildProgram(touch).steps).toBe(3);
});

test('pages that tasks outside put in the cache are steps of none of the threads', async () => {
  const touch = await begun(new RunTrace()).insert(4000, 300, 0, 5).read(4100, 10, 0, 0).run();
  const program = buildProgram(touch);
  const at = program.kind.indexOf(stepKind.foreign);
  expect([program.page[at], program.thread[at]]).toEqual([5, outside]);
});

test('a trace that hides touches is refused', async () => {
  const touch = await begun(new RunTrace(65536)).run();
  expect(() => buildProgram(touch)).toThrow(expect.objectContaining({ code: 'HIDDEN_TOUCHES' }));
});

test('a warm trace of several CPUs is refused: who waits for whom cannot be told', async () => {
  const warm = new Run();
  const chunks = [0, 1].map((cpu) =>
    new StreamWriter({ cpu }).add('STAT', { tid: 1, ino: 1, path: '/a' }).bytes(),
  );
  await decodeRecords(
    chunks.map((bytes, cpu) => ({ name: `cpu${cpu}`, chunks: [bytes] })),
    warm,
  );
  const touch = await begun(new RunTrace()).run();
  expect(() => buildProgram(touch, { run: warm, readyNs: 1 })).toThrow(
    expect.objectContaining({ code: 'WARM_CPUS' }),
  );
});

/** What a thread of a random run does next, after a random time; tids 10 to 13, and 300 for others. */
const happening = fc.record({
  afterNs: fc.integer({ min: 0, max: 3_000_000 }),
  tid: fc.constantFrom(10, 11, 12, 13),
  other: fc.constantFrom(0, 10, 11, 12, 13, 300),
  what: fc.constantFrom(
    'open',
    'read',
    'touch',
    'mapPages',
    'stat',
    'exec',
    'fork',
    'exit',
    'switch',
    'away',
    'wake',
  ),
  file: fc.nat(3),
  page: fc.nat(40),
  flag: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Also what cannot be: threads that run twice, wake themselves, or are made again. */
function traceOf(happenings: readonly Happening[], isWarm: boolean, prelude: boolean): RunTrace {
  const trace = new RunTrace(isWarm ? 65536 : 4096);
  if (prelude && isWarm) begun(trace);
  // A step of the prelude that the warm run does not have: none of the program's time is its.
  else if (prelude)
    trace.stat(1000, 10, '/file-0').touch(1100, 10, 3, 50).open(3200, 10, 0).exec(3300, 10, '/file-0');
  let ns = 4000;
  for (const { afterNs, tid, other, what, file, page, flag } of happenings) {
    ns += afterNs;
    if (what === 'open') trace.open(ns, tid, file);
    else if (what === 'read') trace.read(ns, tid, file, page * 4096);
    else if (what === 'touch') trace.touch(ns, tid, file, page);
    else if (what === 'stat') trace.stat(ns, tid, `/file-${file}`);
    else if (what === 'exec') trace.exec(ns, tid, `/file-${file}`);
    else if (what === 'fork' && other < 100 && other > 0) trace.fork(ns, tid, other);
    else if (what === 'exit') trace.exit(ns, tid);
    else if (!isWarm) trace.insert(ns, 300, file, page);
    else if (what === 'mapPages') trace.mapPages(ns, tid, file, page, page + 15);
    else if (what === 'switch') trace.switch(ns, tid, other, Number(flag));
    else if (what === 'away') trace.switch(ns, 300, tid, sleeps);
    else if (what === 'wake') trace.wake(ns, other, tid, flag);
  }
  return trace;
}

const runs = fc
  .tuple(
    fc.array(happening, { maxLength: 60 }),
    fc.array(fc.tuple(happening, fc.nat(60)), { maxLength: 8 }),
    fc.boolean(),
  )
  .map(([common, more, prelude]) => {
    const warm = [...common];
    for (const [each, at] of more) warm.splice(at, at % 2, each);
    return { common, warm, prelude };
  });

test('whatever the traces say: every nanosecond is there once, steps keep their order, none waits for a later one', async () => {
  await fc.assert(
    fc.asyncProperty(
      runs,
      fc.integer({ min: 0, max: 200_000_000 }),
      async ({ common, warm, prelude }, readyNs) => {
        const touch = await traceOf(common, false, prelude).run();
        const times = [...touch.steps.timeNs.subarray(0, touch.steps.length)];
        const warmRun = await traceOf(warm, true, prelude).run();
        fc.pre(touch.steps.length > 0 && warmRun.steps.length > 0);
        const program = buildProgram(touch, { run: warmRun, readyNs });

        expect(program.runningToReadyNs).toBe(readyNs);
        expect(program.releaseToRunningNs).toBeGreaterThanOrEqual(0);
        const { program: sum, after } = sums(program);
        expect([sum, after]).toEqual([program.releaseToRunningNs + readyNs, 0]);

        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const [step, cpuNs] of program.cpuNs.entries()) {
          expect(Number.isInteger(cpuNs) && cpuNs >= 0).toBe(true);
          expect(program.othersNs[step]).toBeLessThanOrEqual(cpuNs);
          const waited = program.dependsOn[step]!;
          expect(waited).toBeLessThan(step);
          expect(waited < 0 || program.thread[waited] !== program.thread[step]).toBe(true);
        }
      },
    ),
  );
});
