import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { FairServer } from '../../../../sim/engine/fair-server.ts';

/** At 100 ns asks for a job of so much work, at once or not; events come at these times. */
function askAt100(work: number, eventsNs: readonly number[], jobsBefore = 0) {
  const engine = new Engine();
  const cores = new FairServer(engine, 1, 1);
  const source = engine.source();
  const told: string[] = [];
  const actor = {
    receive(signal: number): void {
      if (signal === 1) {
        told.push(`event ${engine.nowNs}`);
        return;
      }
      if (signal === 2) {
        told.push(`job ${engine.nowNs}`);
        return;
      }
      if (cores.serveAlone(work)) told.push(`alone ${engine.nowNs}`);
      else cores.serve(work, actor, 2);
    },
  };
  const other = { receive: () => undefined };
  for (let job = 0; job < jobsBefore; job++) cores.serve(1e6, other, 0);
  engine.at(100, source, actor, 0);
  for (const ns of eventsNs) engine.at(ns, source, actor, 1);
  engine.run(10_000);
  return { told, workDone: cores.workDone, events: engine.events };
}

describe('a job that is alone', () => {
  it('is done without an event, at the time at which it would be', () => {
    expect(askAt100(50.5, [])).toEqual({ told: ['alone 151'], workDone: 51, events: 1 });
    expect(askAt100(50.5, [152])).toMatchObject({ told: ['alone 151', 'event 152'], workDone: 51 });
  });

  it.each([
    ['something happens before', 60, [120]],
    ['something happens just then', 50, [150]],
  ])('is not if %s', (_, work, events) => {
    const { told } = askAt100(work, events);
    expect(told).toEqual(told.toSorted((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1])));
    expect(told).not.toContainEqual(expect.stringContaining('alone'));
    expect(told).toHaveLength(2);
  });

  it('is not if there is another, or the run ends before', () => {
    expect(askAt100(50, [], 1).told).toEqual(['job 200']);
    expect(askAt100(20_000, []).told).toEqual([]);
  });
});
