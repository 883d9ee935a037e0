import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { FairServer } from '../../../../sim/engine/fair-server.ts';
import { FifoServer } from '../../../../sim/engine/fifo-server.ts';
import { Semaphore } from '../../../../sim/engine/semaphore.ts';
import { Recorder } from '../../../support/recorder.ts';

/** Calls back at instants. */
function atTimes(engine: Engine, times: readonly number[], act: (index: number) => void): void {
  const source = engine.source();
  const starter = { receive: (_: number, index: number) => act(index) };
  times.forEach((timeNs, index) => engine.at(timeNs, source, starter, 0, index));
}

describe('FifoServer', () => {
  test('one server: one job after the other, idle in between', () => {
    const engine = new Engine();
    const server = new FifoServer(engine);
    const recorder = new Recorder(engine);
    atTimes(engine, [0, 10, 500], (index) => server.serve(100, recorder, index));
    engine.run();
    expect(recorder.log.map(([timeNs]) => timeNs)).toEqual([100, 200, 600]);
    expect(server.busyNs).toBe(300);
  });

  test('several servers: a job goes to the one that is free first', () => {
    const engine = new Engine();
    const server = new FifoServer(engine, 2);
    const recorder = new Recorder(engine);
    [100, 30, 10, 80].forEach((serviceNs, index) => server.serve(serviceNs, recorder, index));
    engine.run();
    expect(recorder.log).toEqual([
      [30, 1, 0],
      [40, 2, 0],
      [100, 0, 0],
      [120, 3, 0],
    ]);
    expect(() => new FifoServer(engine, 0)).toThrow('there cannot be 0 servers');
  });
});

describe('FairServer', () => {
  test('a line of one byte a nanosecond: two transfers halve it, and the longer one has it alone at the end', () => {
    const engine = new Engine();
    const line = new FairServer(engine, 1);
    const recorder = new Recorder(engine);
    line.serve(1000, recorder, 1);
    line.serve(3000, recorder, 2);
    engine.run();
    // 1000 each by 2000, then 2000 more alone.
    expect(recorder.log.map(([timeNs, signal]) => [timeNs, signal])).toEqual([
      [2000, 1],
      [4000, 2],
    ]);
  });

  test('two cores: a job has one of them at most, three have two thirds each', () => {
    const engine = new Engine();
    const cores = new FairServer(engine, 2, 1);
    const recorder = new Recorder(engine);
    cores.serve(1000, recorder, 1);
    engine.run();
    for (const job of [2, 3, 4]) cores.serve(1000, recorder, job);
    engine.run();
    expect(recorder.log.map(([timeNs]) => timeNs)).toEqual([1000, 2500, 2500, 2500]);
  });

  test('a cancelled job leaves its share to the others', () => {
    const engine = new Engine();
    const line = new FairServer(engine, 1);
    const recorder = new Recorder(engine);
    line.serve(1000, recorder, 1);
    const job = line.serve(1000, recorder, 2);
    atTimes(engine, [1000], () => line.cancel(job));
    engine.run();
    expect(recorder.log).toEqual([[1500, 1, 0]]);
    expect(line.cancel(job)).toBe(false);
    expect(line.jobs).toBe(0);
  });

  test('a job that follows another begins when that ends', () => {
    const engine = new Engine();
    const line = new FairServer(engine, 2);
    const recorder = new Recorder(engine, (signal) => {
      if (signal < 3) line.serve(100, recorder, signal + 1);
    });
    line.serve(100, recorder, 1);
    engine.run();
    expect(recorder.log.map(([timeNs]) => timeNs)).toEqual([50, 100, 150]);
  });

  const jobs = fc.array(fc.record({ atNs: fc.nat(2000), work: fc.integer({ min: 1, max: 5000 }) }), {
    minLength: 1,
    maxLength: 20,
  });

  test('ends each job when a fluid shared evenly would, and never before', () => {
    fc.assert(
      fc.property(
        jobs,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (arrivals, capacity, most) => {
          const engine = new Engine();
          const server = new FairServer(engine, capacity, most);
          const recorder = new Recorder(engine);
          atTimes(
            engine,
            arrivals.map(({ atNs }) => atNs),
            (index) => server.serve(arrivals[index]!.work, recorder, index),
          );
          engine.run();
          const expected = fluid(arrivals, capacity, most);
          expect(recorder.log).toHaveLength(arrivals.length);
          for (const [endNs, index] of recorder.log) {
            expect(endNs).toBeGreaterThan(expected[index]! - 0.01);
            // Each end before it is late by less than a nanosecond, for which the others have less.
            expect(endNs).toBeLessThan(expected[index]! + 1 + arrivals.length);
          }
        },
      ),
    );
  });

  /** The ends, from one change of rate to the next. */
  function fluid(
    arrivals: readonly { atNs: number; work: number }[],
    capacity: number,
    most: number,
  ): number[] {
    const ends: number[] = [];
    const left = arrivals.map(({ work }) => work);
    let now = 0;
    while (left.some((work) => work > 0)) {
      const present = arrivals.flatMap(({ atNs }, i) => (atNs <= now && left[i]! > 0 ? [i] : []));
      const rate = Math.min(most, capacity / present.length);
      const nextArrival = Math.min(...arrivals.map(({ atNs }) => (atNs > now ? atNs : Infinity)));
      const nextEnd = now + Math.min(...present.map((i) => left[i]! / rate));
      const next = Math.min(nextArrival, nextEnd);
      for (const i of present) {
        left[i]! -= (next - now) * rate;
        if (left[i]! > 1e-9) continue;
        left[i] = 0;
        ends[i] = next;
      }
      now = next;
    }
    return ends;
  }
});

describe('Semaphore', () => {
  test('grants in the order of asking, as permits come free', () => {
    const engine = new Engine();
    const lock = new Semaphore(engine, 2);
    const source = engine.source();
    const release = { receive: () => lock.release() };
    const recorder = new Recorder(engine, () => engine.after(100, source, release, 0));
    for (let i = 0; i < 20; i++) lock.acquire(recorder, i, i);
    expect(lock.waiting).toBe(18);
    expect(recorder.log).toEqual([]);
    engine.run();
    expect(recorder.log).toEqual(Array.from({ length: 20 }, (_, i) => [Math.floor(i / 2) * 100, i, i]));
    expect(() => lock.release()).toThrow('a permit was released that nobody has');
  });
});
