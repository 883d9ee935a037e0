import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCalibration } from '../../../sim/input/calibration.ts';
import { readStart } from '../../../sim/input/recorded-start.ts';
import { Parameters } from '../../../sim/parameters/parameters.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { parameterDefinitions, systems } from '../../../sim/systems/index.ts';
import { readFigures } from '../../../sim/validate/figures.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);

interface Logged {
  readonly atNs: number;
  readonly method: string;
  readonly path: string;
  readonly range: string;
  readonly bytes: number;
}

interface Sides {
  readonly predicted: number;
  readonly recorded: number;
}

interface Start {
  /** `GUEST/WORKLOAD NET SYSTEM` */
  readonly title: string;
  readonly net: string;
  readonly system: string;
  readonly rttNs: number;
  /** From the start's begin. */
  readonly deployNs: Sides;
  readonly runningNs: Sides;
  readonly predicted: readonly Logged[];
  /** Until the container was ready. */
  readonly recorded: readonly Logged[];
}

/** All measured starts of a recording. */
async function startsOf({ guest, workload, folder }: (typeof recordings)[number]): Promise<Start[]> {
  const start = await readStart(folder);
  const measured = await readCalibration(join(golden, guest, 'calibration.json'));
  const parameters = Parameters.of(parameterDefinitions, measured);
  const starts: Start[] = [];
  for (const name of ['lan10g', 'lan1g', 'wan100m']) {
    const figures = await readFigures(folder, name);
    for (const { system: id, registry, ...times } of figures?.results ?? []) {
      const system = systems.find((candidate) => candidate.id === id);
      if (!figures || !system) continue;
      const log = await readFile(join(folder, `requests-${name}-${id}.ndjson.zst`));
      const lines = zstdDecompressSync(log).toString().trim().split('\n');
      const { net } = figures.environment;
      const outcome = simulate({ ...start, system, parameters, net, seed: 'test' });
      const of = (metric: 'deployNs' | 'runningNs') => ({
        predicted: outcome[metric],
        recorded: times[metric],
      });
      starts.push({
        title: `${guest}/${workload} ${name} ${id}`,
        ...{ net: name, system: id, rttNs: net.rttNs, deployNs: of('deployNs'), runningNs: of('runningNs') },
        predicted: outcome.requests,
        recorded: lines.slice(0, registry.requests).map((line) => JSON.parse(line) as Logged),
      });
    }
  }
  return starts;
}

/** Which of two requests at the same time is logged first hangs on microseconds. */
const sorted = (requests: readonly Logged[]) =>
  requests.map(({ method, path, range, bytes }) => `${method} ${path} ${range} ${bytes}`).sort();

/** What is fetched of blobs, in the pieces in which stargz fetches. */
function pieces(requests: readonly Logged[]): Set<string> {
  const found = new Set<string>();
  for (const { path, range } of requests)
    for (const [, first, last] of range.matchAll(/(\d+)-(\d+)/g))
      for (let piece = Math.floor(Number(first) / 50_000); piece * 50_000 <= Number(last); piece++)
        found.add(`${path} ${piece}`);
  return found;
}

/** Two of node's threads asked for neighbouring chunks at the same time: what both need came twice, in these starts. */
const more: Readonly<Record<string, string>> = {
  'debian-12/node lan1g crfs': 'bytes=19750000-19999999',
  'debian-13/node lan1g crfs-lazy': 'bytes=19800000-19999999',
};

/** Its threads ask for the same chunks in another order, which decides what one request brings with another. */
const isThreaded = ({ title }: Start) => title.includes('/tomcat') && !title.endsWith(' full');

describe('predicted requests', () => {
  it.each(recordings)("are those of the VM's registry, to the byte: $guest/$workload", async (recording) => {
    const starts = await startsOf(recording);
    for (const { title, predicted, recorded } of starts.filter((start) => !isThreaded(start))) {
      const expected = recorded.filter(({ range }) => range === '' || range !== more[title]);
      expect({ title, requests: sorted(predicted) }).toEqual({ title, requests: sorted(expected) });
    }
  });

  const threaded = recordings.filter(({ workload }) => workload === 'tomcat');

  it.each(threaded)('of many threads bring the same bytes: $guest/$workload', async (recording) => {
    const lazy = (await startsOf(recording)).filter(({ title }) => title.endsWith('crfs-lazy'));
    expect(lazy.length).toBe(3);
    for (const { title, predicted, recorded } of lazy) {
      const sets = [predicted, recorded].map((requests) => [...pieces(requests)].sort());
      expect({ title, pieces: sets[0] }).toEqual({ title, pieces: sets[1] });
      expect(Math.abs(predicted.length - recorded.length)).toBeLessThanOrEqual(1);
    }
  });

  // Only these starts last long enough for the background fetch; its files come in the order of Go's maps.
  it.each(threaded)('in the background bring something else: $guest/$workload', async (recording) => {
    const starts = await startsOf(recording);
    const eager = starts.filter(({ title }) => title.endsWith('crfs'));
    expect(eager.length).toBe(3);
    for (const { title, predicted, recorded } of eager) {
      const demanded = pieces(starts.find((start) => start.title === `${title}-lazy`)!.predicted);
      for (const fetched of [predicted, recorded].map(pieces)) {
        expect({ title, missing: [...demanded].filter((piece) => !fetched.has(piece)) }).toEqual({
          title,
          missing: [],
        });
        expect(fetched.size).toBeGreaterThan(demanded.size);
      }
    }
  });
});

describe('round trips', () => {
  /** When the first two requests come, on one line and on another, in round trips of the difference. */
  function delays(near: Start, far: Start, side: 'predicted' | 'recorded'): number[] {
    const [head, get] = [0, 1].map((i) =>
      [near, far].map((start) => start[side].toSorted((a, b) => a.atNs - b.atNs)[i]!.atNs),
    );
    return [head![1]! - head![0]!, get![1]! - head![1]! - (get![0]! - head![0]!)].map(
      (ns) => ns / (far.rttNs - near.rttNs),
    );
  }

  // One for the registry's address, one for a connection, half of one for the request: 2.5. Half of one for the answer, one
  // for the next connection, and half: 2, less what the registry does on the way.
  it.each(recordings)("before the second request are the VM's: $guest/$workload", async (recording) => {
    const starts = await startsOf(recording);
    for (const near of starts.filter(({ net }) => net === 'lan10g')) {
      const far = starts.find(({ net, system }) => net === 'wan100m' && system === near.system)!;
      for (const side of ['predicted', 'recorded'] as const) {
        const [untilHead, untilGet] = delays(near, far, side);
        expect(Math.abs(untilHead! - 2.5)).toBeLessThan(0.1);
        expect(Math.abs(untilGet! - 2)).toBeLessThan(0.2);
      }
    }
  });

  // ctr looks for the user's groups in the image before it makes a container; runc's init does in the end.
  it.each(recordings)('for the users come early: $guest/$workload', async (recording) => {
    const starts = (await startsOf(recording)).filter(({ system }) => system === 'crfs-lazy');
    for (const { deployNs, runningNs, ...start } of starts)
      for (const side of ['predicted', 'recorded'] as const) {
        const first = start[side].find(({ atNs }) => atNs > deployNs[side])!;
        expect((first.atNs - deployNs[side]) / runningNs[side]).toBeLessThan(0.35);
      }
  });
});
