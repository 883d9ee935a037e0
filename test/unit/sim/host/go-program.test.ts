import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { Process, type Flow } from '../../../../sim/engine/process.ts';
import { GoProgram } from '../../../../sim/host/go-program.ts';
import { Host } from '../../../../sim/host/host.ts';

/** When each of a program's goroutines has done its work, ns, beside as many others that always work. */
function endsNs(worksNs: readonly number[], cores: number, others: number): number[] {
  const engine = new Engine();
  const host = new Host(engine, cores, 1);
  const program = new GoProgram(engine, host, cores);
  const ends = worksNs.map(() => 0);
  const goroutine = function* (i: number, ns: number): Flow {
    yield program.enter;
    yield* program.work(ns);
    program.leave();
    ends[i] = engine.nowNs;
  };
  for (let i = 0; i < others; i++) new Process(host.doWork(1e12));
  for (const [i, ns] of worksNs.entries()) new Process(goroutine(i, ns));
  engine.run();
  return ends;
}

describe('goroutines', () => {
  it('have the share of one on a processor, however many there are', () => {
    expect(endsNs([100e6], 1, 1)).toEqual([200e6]);
    expect(
      Math.max(
        ...endsNs(
          Array.from({ length: 10 }, () => 10e6),
          1,
          1,
        ),
      ),
    ).toBe(200e6);
  });

  it('take turns: a short one does not wait for all of a long one', () => {
    const [long, short] = endsNs([300e6, 5e6], 1, 0);
    expect(short).toBe(15e6);
    expect(long).toBe(305e6);
  });

  it('keep their processor until they wait for something else', () => {
    const engine = new Engine();
    const host = new Host(engine, 1, 1);
    const program = new GoProgram(engine, host, 1);
    const order: string[] = [];
    const goroutine = function* (name: string): Flow {
      yield program.enter;
      order.push(`${name} begins`);
      yield* program.work(1e6);
      order.push(`${name} waits`);
      program.leave();
      yield host.sleep(5e6);
      yield program.enter;
      order.push(`${name} ends`);
      program.leave();
    };
    for (const name of ['a', 'b']) new Process(goroutine(name));
    engine.run();
    expect(order).toEqual(['a begins', 'a waits', 'b begins', 'b waits', 'a ends', 'b ends']);
  });

  it('use all processors', () => {
    expect(endsNs([100e6, 100e6], 2, 0)).toEqual([100e6, 100e6]);
  });

  it('that have nothing to do are done at once', () => {
    expect(endsNs([0], 1, 3)).toEqual([0]);
  });
});
