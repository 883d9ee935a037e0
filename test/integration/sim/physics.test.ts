import * as fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, withSettings, type Settings } from '../../../sim/input/scenario.ts';
import { Observed } from '../../../sim/start/observer.ts';
import { recordingOf } from '../../../sim/start/recording.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { systems } from '../../../sim/systems/index.ts';
import { runtimeImageOf } from '../../../sim/systems/runtime-image.ts';
import type { System } from '../../../sim/systems/system.ts';

const golden = join(import.meta.dirname, '../../../golden');
const request = { golden, guest: 'debian-13', workload: 'nginx', net: 'lan10g', seed: 'trio', set: [] };
const nginx = await loadScenario(request);
const start = (system: System, settings: Settings) => simulate({ ...withSettings(nginx, settings), system });

const system = fc.constantFrom(...systems);
const log = (from: number, to: number) =>
  fc.double({ min: Math.log(from), max: Math.log(to), noNaN: true }).map((x) => Math.exp(x));
const circumstances = fc.record({
  'net.rttNs': log(1e4, 1e8).map(Math.round),
  'net.rateBps': log(1e7, 4e10).map(Math.round),
  'host.speed': log(0.5, 8),
  'host.cores': fc.constantFrom(1, 2, 4, 8),
  'registry.isOnHost': fc.constantFrom(0, 1),
});
/** What makes requests wait for each other. */
const limits = fc.record({
  'registry.concurrentMax': fc.constantFrom(0, 0, 1, 2, 16),
  'registry.requestsPerSecond': fc.constantFrom(0, 0, 10, 100),
});
type Circumstances = Record<string, number>;

/** By how much a start may be slower with more of what makes it faster: see "Anomalies" in sim/README.md. */
const anomaly = { ofTime: 0.02, roundTrips: 20, ofTimeAtMost: 0.25 };
const slackNs = (totalNs: number, rttNs: number): number =>
  Math.min(anomaly.ofTime * totalNs + anomaly.roundTrips * rttNs, anomaly.ofTimeAtMost * totalNs);

describe('more of what makes a start faster', () => {
  const better: readonly (readonly [string, (of: Circumstances, by: number) => Circumstances])[] = [
    ['bandwidth', (of, by) => ({ ...of, 'net.rateBps': Math.round(of['net.rateBps']! * by) })],
    ['a shorter way', (of, by) => ({ ...of, 'net.rttNs': Math.round(of['net.rttNs']! / by) })],
    ['speed', (of, by) => ({ ...of, 'host.speed': of['host.speed']! * by })],
    ['processors', (of, by) => ({ ...of, 'host.cores': Math.ceil(of['host.cores']! * by) })],
    ['a registry elsewhere', (of) => ({ ...of, 'registry.isOnHost': 0 })],
  ];
  const times = fc.double({ min: 1, max: 8, noNaN: true });

  it.each(better)('never makes it slower: %s', (_, change) => {
    fc.assert(
      fc.property(system, circumstances, times, (of, before, by) => {
        const [was, is] = [before, change(before, by)].map((settings) => start(of, Object.entries(settings)));
        expect(is!.totalNs - was!.totalNs).toBeLessThan(slackNs(was!.totalNs, before['net.rttNs']));
      }),
    );
  });

  const withoutLimits = { 'registry.concurrentMax': 0, 'registry.requestsPerSecond': 0 };
  it.each([...better, ['no limits', (of: Circumstances) => ({ ...of, ...withoutLimits })] as const])(
    'never makes it slower where a registry has limits: %s',
    (_, change) => {
      fc.assert(
        fc.property(system, circumstances, limits, times, (of, node, registry, by) => {
          const before = { ...node, ...registry };
          const [was, is] = [before, change(before, by)].map((settings) =>
            start(of, Object.entries(settings)),
          );
          expect(is!.totalNs - was!.totalNs).toBeLessThan(slackNs(was!.totalNs, before['net.rttNs']));
        }),
      );
    },
  );
});

describe('bytes', () => {
  it('are the same at the registry, on the line, and in the page cache', () => {
    fc.assert(
      fc.property(system, circumstances, limits, (of, node, registryLimits) => {
        const observed = new Observed();
        const settings = Object.entries({ ...node, ...registryLimits });
        const scenario = withSettings(nginx, settings);
        const outcome = simulate({ ...scenario, system: of }, observed);
        const { registry, net, requests } = outcome;
        expect(requests.length).toBe(registry.requests);
        expect(requests.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(registry.bytes);
        // Headers of HTTP, TCP and Ethernet come on top.
        expect(net.rxBytes).toBeGreaterThan(registry.bytes);
        expect(net.rxBytes).toBeLessThan(registry.bytes * 1.06 + registry.requests * 2500);
        // What is asked for and not needed may still be on its way.
        const read = observed.reads.reduce((sum, { pages }) => sum + pages, 0);
        expect(read).toBeLessThanOrEqual(outcome.requestedPages);
        expect(outcome.requestedPages - read).toBeLessThan(2000);
      }),
    );
  });

  it('that come in are at least those that are needed', () => {
    const lazy = fc.constantFrom(...systems.filter(({ id }) => id !== 'full'));
    fc.assert(
      fc.property(lazy, circumstances, (of, settings) => {
        const { requestedPages, neededBytes } = start(of, Object.entries(settings));
        // With TrIO ctr has read the group file's page under the lower, before.
        const before = of.id.startsWith('trio') ? 1 : 0;
        expect((requestedPages + before) * 4096).toBeGreaterThanOrEqual(neededBytes);
      }),
    );
  });

  it('are as many as in the recorded start, whatever the line and the host are', () => {
    fc.assert(
      fc.property(fc.constantFrom('full', 'crfs-lazy', 'trio'), circumstances, (id, settings) => {
        const of = systems.find((candidate) => candidate.id === id)!;
        const [is, was] = [start(of, Object.entries(settings)), start(of, [])];
        expect(is.requestedPages).toBe(was.requestedPages);
        expect(is.neededBytes).toBe(was.neededBytes);
      }),
    );
  });

  it('of TrIO are the runtime image and what its lower takes to mount', () => {
    const { program, image, parameters } = nginx;
    const { metaBytes, dataBytes } = runtimeImageOf(image, recordingOf(program, image), parameters);
    const [trio, lower] = ['trio', 'crfs-lazy'].map((id) =>
      systems.find((candidate) => candidate.id === id)!,
    );
    // Of the lower all that comes before the start, and the group file, which no tracker sees ctr read.
    const mounted = start(lower!, []).requests.filter(({ atNs }) => atNs < start(lower!, []).deployNs);
    const mountBytes = mounted.reduce((sum, { bytes }) => sum + bytes, 0);
    const own = start(trio!, []).registry.bytes - mountBytes;
    expect(own).toBeGreaterThanOrEqual(metaBytes + dataBytes);
    expect(own).toBeLessThan(metaBytes + dataBytes + 60_000);
    expect(dataBytes).toBeGreaterThanOrEqual(start(trio!, []).neededBytes);
  });
});

describe('a perfect network, and a snapshotter that takes no time', () => {
  const free: Settings = [
    ['net.rttNs', 0],
    ['net.rateBps', 1e15],
    ['registry.isOnHost', 0],
    ['registry.speed', 1e9],
    ...nginx.parameters.definitions
      .filter(({ name }) => /^(registry-|far-|stargz-|fuse-|overlay-)/.test(name))
      .map(({ name }): [string, number] => [name, 0]),
  ];

  it.each(['crfs', 'crfs-lazy'])('make a lazy start a warm one: %s', (id) => {
    const [lazy, full] = [id, 'full'].map((name) =>
      start(
        systems.find((candidate) => candidate.id === name)!,
        free,
      ),
    );
    expect(lazy!.readyNs / full!.readyNs).toBeGreaterThan(0.99);
    expect(lazy!.readyNs / full!.readyNs).toBeLessThan(1.01);
  });
});
