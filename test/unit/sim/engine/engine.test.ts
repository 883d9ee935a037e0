import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { EventQueue } from '../../../../sim/engine/event-queue.ts';
import { Recorder } from '../../../support/recorder.ts';

test('events come by time, priority, source and the order of scheduling', () => {
  const engine = new Engine();
  const [first, second] = [engine.source(), engine.source()];
  const recorder = new Recorder(engine);
  engine.at(20, first, recorder, 1);
  engine.at(10, second, recorder, 2);
  engine.at(10, first, recorder, 3);
  engine.at(10, first, recorder, 4);
  engine.at(10, second, recorder, 5, 50, -1);
  engine.run();
  expect(recorder.log).toEqual([
    [10, 5, 50],
    [10, 3, 0],
    [10, 4, 0],
    [10, 2, 0],
    [20, 1, 0],
  ]);
  expect(engine.events).toBe(5);
});

test('what one source schedules does not change the order of another source’s events', () => {
  const order = (more: boolean): number[] => {
    const engine = new Engine();
    const [noisy, a, b] = [engine.source(), engine.source(), engine.source()];
    const recorder = new Recorder(engine);
    if (more) for (let i = 0; i < 100; i++) engine.at(i, noisy, recorder, 0);
    engine.at(7, b, recorder, 3);
    engine.at(7, a, recorder, 1);
    if (more) engine.at(7, noisy, recorder, 0);
    engine.at(7, a, recorder, 2);
    engine.run();
    return recorder.log.map(([, signal]) => signal).filter((signal) => signal > 0);
  };
  expect(order(true)).toEqual(order(false));
});

test('time does not go backwards, and is a whole number', () => {
  const engine = new Engine();
  const source = engine.source();
  const recorder = new Recorder(engine);
  engine.at(5, source, recorder, 1);
  engine.run();
  expect(() => engine.at(4, source, recorder, 2)).toThrow(
    'at 5 ns, an event for 4 ns: time would go backwards',
  );
  expect(() => engine.after(0.5, source, recorder, 2)).toThrow('5.5 ns is no instant');
  expect(() => engine.after(2 ** 53, source, recorder, 2)).toThrow('longer than 104 days');
  expect(() => engine.at(NaN, source, recorder, 2)).toThrow('is no instant');
});

test('two events with the same place in the order are an error', () => {
  const queue = new EventQueue();
  const actor = { receive() {} };
  queue.push(1, 2, 3, 4, actor, 0, 0);
  expect(() => queue.push(1, 2, 3, 4, actor, 0, 0)).toThrow(
    'two events of source 3 have the same place in the order',
  );
});

test('a cancelled event does not come, and an old handle cancels nothing', () => {
  const engine = new Engine();
  const source = engine.source();
  const recorder = new Recorder(engine);
  const handle = engine.at(1, source, recorder, 1);
  expect(engine.cancel(handle)).toBe(true);
  expect(engine.cancel(handle)).toBe(false);
  const next = engine.at(2, source, recorder, 2);
  // The slot is in use again, by another event.
  expect(engine.cancel(handle)).toBe(false);
  engine.run();
  expect(engine.cancel(next)).toBe(false);
  expect(recorder.log).toEqual([[2, 2, 0]]);
});

test('runs up to an instant, and on from there', () => {
  const engine = new Engine();
  const source = engine.source();
  const recorder = new Recorder(engine, (signal) => {
    if (signal < 5) engine.after(10, source, recorder, signal + 1);
  });
  engine.at(0, source, recorder, 1);
  engine.run(20);
  expect(recorder.log.map(([timeNs]) => timeNs)).toEqual([0, 10, 20]);
  engine.run();
  expect(engine.nowNs).toBe(40);
});

test('any history of pushes, cancels and pops gives what a sorted array gives', () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('push' as const), time: fc.nat(20), source: fc.nat(2) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const queue = new EventQueue();
      const actor = { receive() {} };
      let naive: { time: number; source: number; n: number }[] = [];
      const handles: number[] = [];
      const got: unknown[] = [];
      const expected: unknown[] = [];
      steps.forEach((s, n) => {
        if (s.do === 'push') {
          handles[n] = queue.push(s.time, 0, s.source, n, actor, n, 0);
          naive.push({ time: s.time, source: s.source, n });
          naive.sort((a, b) => a.time - b.time || a.source - b.source || a.n - b.n);
        } else if (s.do === 'cancel') {
          const which = s.which % (n + 1);
          got.push(queue.cancel(handles[which] ?? -1));
          expected.push(naive.some((e) => e.n === which));
          naive = naive.filter((e) => e.n !== which);
        } else {
          got.push(queue.firstTime, queue.length > 0 ? queue.signal(queue.pop()) : undefined);
          expected.push(naive[0]?.time ?? Infinity, naive.shift()?.n);
        }
        got.push(queue.length);
        expected.push(naive.length);
      });
      expect(got).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
