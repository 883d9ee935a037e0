import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import type { Wait } from '../../../../sim/engine/completion.ts';
import { all, Process, type Flow } from '../../../../sim/engine/process.ts';

const engine = () => {
  const made = new Engine();
  const source = made.source();
  const after =
    (ns: number): Wait =>
    (actor, signal, arg) =>
      void made.after(ns, source, actor, signal, arg);
  return { engine: made, after };
};

describe('a process', () => {
  it('does one thing after the other, in virtual time', () => {
    const { engine: clock, after } = engine();
    const times: number[] = [];
    const flow = function* (): Flow {
      times.push(clock.nowNs);
      yield after(5);
      times.push(clock.nowNs);
      yield after(7);
      times.push(clock.nowNs);
    };
    const process = new Process(flow());
    expect(process.hasEnded).toBe(false);
    clock.run();
    expect(times).toEqual([0, 5, 12]);
    expect(process.hasEnded).toBe(true);
  });

  it('goes on at once when what it waits for is over', () => {
    const done = new Process((function* (): Flow {})());
    const waiting = new Process(
      (function* (): Flow {
        for (let i = 0; i < 3; i++) yield done.end;
      })(),
    );
    expect(waiting.hasEnded).toBe(true);
  });

  it('tells all who wait for its end, once', () => {
    const { engine: clock, after } = engine();
    const process = new Process(
      (function* (): Flow {
        yield after(3);
      })(),
    );
    const told: [number, number][] = [];
    const actor = { receive: (signal: number, arg: number) => told.push([signal, arg]) };
    process.end(actor, 1, 10);
    process.end(actor, 2, 20);
    clock.run();
    expect(told).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  it('gives what a part of it returns', () => {
    const { engine: clock, after } = engine();
    const part = function* (): Flow<number> {
      yield after(2);
      return clock.nowNs;
    };
    let result = -1;
    const whole = function* (): Flow {
      result = (yield* part()) + (yield* part());
    };
    void new Process(whole());
    clock.run();
    expect(result).toBe(2 + 4);
  });
});

describe('all', () => {
  it('ends with the last of them', () => {
    const { engine: clock, after } = engine();
    let endNs = -1;
    const one = function* (ns: number): Flow {
      yield after(ns);
    };
    void new Process(
      (function* (): Flow {
        yield* all([one(30), one(10), one(20)]);
        endNs = clock.nowNs;
      })(),
    );
    clock.run();
    expect(endNs).toBe(30);
  });

  it('ends at once if there is none', () => {
    const process = new Process(all([]));
    expect(process.hasEnded).toBe(true);
  });
});
