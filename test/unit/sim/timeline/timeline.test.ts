import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { simulate } from '../../../../sim/start/simulate.ts';
import { LinkRate } from '../../../../sim/timeline/link-rate.ts';
import { timeline } from '../../../../sim/timeline/timeline.ts';
import { lanes } from '../../../../sim/timeline/trace-events.ts';
import { systems } from '../../../../sim/systems/index.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

// From "Trace Event Format", the document of Chrome's tracing; strict, so that nothing is sent that nobody reads.
const id = z.int().nonnegative();
const timeUs = z.number().nonnegative();
const track = { name: z.string().min(1), pid: id, tid: id };
const eventSchema = z.discriminatedUnion('ph', [
  z.strictObject({
    ...track,
    ...{ ph: z.literal('X'), cat: z.string().min(1), ts: timeUs, dur: timeUs },
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({ ...track, ph: z.literal('C'), ts: timeUs, args: z.record(z.string(), z.number()) }),
  z.strictObject({
    ...track,
    ph: z.literal('M'),
    name: z.enum(['process_name', 'thread_name', 'thread_sort_index']),
    args: z.union([z.strictObject({ name: z.string() }), z.strictObject({ sort_index: z.int() })]),
  }),
]);
const traceSchema = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  traceEvents: z.array(eventSchema),
});

const read = (systemId: string) => {
  const written = JSON.stringify(timeline(syntheticScenario(systemId), 'a test'));
  const { traceEvents } = traceSchema.parse(JSON.parse(written));
  const names = new Map<number, string>();
  for (const { ph, name, tid, args } of traceEvents)
    if (ph === 'M' && name === 'thread_name' && 'name' in args) names.set(tid, String(args.name));
  const spans = traceEvents.filter((event) => event.ph === 'X');
  const on = (name: string) => spans.filter(({ tid }) => names.get(tid)?.startsWith(name));
  return { traceEvents, spans, on, outcome: simulate(syntheticScenario(systemId)) };
};

describe.for(['full', 'crfs'])('the timeline of %s', (systemId) => {
  test('is in the trace-event format, and spans of one track do not overlap', () => {
    const { spans } = read(systemId);
    const ends = new Map<number, number>();
    for (const { tid, ts, dur } of spans.toSorted((a, b) => a.ts - b.ts)) {
      expect(ts).toBeGreaterThanOrEqual((ends.get(tid) ?? 0) - 1e-6);
      ends.set(tid, ts + dur);
    }
    expect(ends.size).toBeGreaterThan(2);
  });

  test('has phases as long as predicted, every request, and all bytes of the line', () => {
    const { on, traceEvents, outcome } = read(systemId);
    const { deployNs, runningNs, readyNs, requests, net } = outcome;
    expect(on('phases').map(({ name, dur }) => [name, Math.round(dur * 1000)])).toEqual([
      ['Deploy', deployNs],
      ['Running', runningNs],
      ['Ready', readyNs],
    ]);
    expect(on('registry')).toHaveLength(requests.length);
    const counters = traceEvents.filter(({ ph, name }) => ph === 'C' && name.startsWith('line down'));
    const rates = counters.map((event) => [event.ph === 'C' ? event.ts : 0, Object.values(event.args)[0]]);
    const bytes = rates.reduce((sum, [ts, rate], i) => {
      const next = rates[i + 1]?.[0] ?? ts;
      return sum + (Number(rate) * (Number(next) - Number(ts))) / 1e6;
    }, 0);
    expect(rates.at(-1)![1]).toBe(0);
    expect(bytes / net.rxBytes).toBeCloseTo(1, 3);
  });
});

test('a lazy system waits for pages, and its program works or waits from start to Ready', () => {
  const { on, outcome } = read('crfs');
  const program = on('program');
  expect(program.filter(({ cat }) => cat === 'wait').length).toBeGreaterThan(1);
  expect(on('page request').length).toBeGreaterThan(1);
  const steps = program.filter(({ cat }) => cat === 'program');
  expect(steps.reduce((sum, { args }) => sum + Number(args.steps), 0)).toBe(6);
  expect(Math.max(...program.map(({ ts, dur }) => ts + dur))).toBeCloseTo(outcome.totalNs / 1000, 3);
});

test.each(systems.map(({ id }) => id))('whoever watches changes nothing: %s', (id) => {
  const seen: string[] = [];
  const observer = {
    worked: () => void seen.push('worked'),
    waited: () => void seen.push('waited'),
    read: () => void seen.push('read'),
    sent: (direction: string) => void seen.push(direction),
  };
  // But how many events it takes: what nobody watches may take none.
  const [watched, alone] = [observer, undefined].map((each) => ({
    ...simulate(syntheticScenario(id), each),
    events: 0,
  }));
  expect(watched).toEqual(alone);
  // What is unpacked before the start is in memory.
  const ofPages = id === 'full' ? [] : ['waited', 'read'];
  expect(new Set(seen)).toEqual(new Set(['worked', ...ofPages, 'down', 'up']));
});

test('lanes are as few as spans overlap, and none of theirs overlap', () => {
  const span = fc.record({ fromNs: fc.nat(100), ns: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(span), (drawn) => {
      const spans = drawn.map(({ fromNs, ns }) => ({ fromNs, toNs: fromNs + ns + 1 }));
      const rows = lanes(spans);
      expect(rows.flat()).toHaveLength(spans.length);
      for (const row of rows)
        for (let i = 1; i < row.length; i++) expect(row[i]!.fromNs).toBeGreaterThanOrEqual(row[i - 1]!.toNs);
      const atOnce = spans.map(
        ({ fromNs }) => spans.filter((other) => other.fromNs <= fromNs && other.toNs > fromNs).length,
      );
      expect(rows).toHaveLength(Math.max(0, ...atOnce));
    }),
  );
});

test('a rate has the bytes that went out in each step', () => {
  const rate = new LinkRate(10);
  rate.add(100, 5, 15);
  rate.add(20, 12, 12);
  expect([...rate.changes()]).toEqual([
    { atNs: 0, bytesPerSecond: 5e9 },
    { atNs: 10, bytesPerSecond: 7e9 },
    { atNs: 20, bytesPerSecond: 0 },
  ]);
});
