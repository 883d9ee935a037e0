import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, withSettings, type Settings } from '../../../sim/input/scenario.ts';
import { loadProgram } from '../../../sim/input/load-program.ts';
import { linux61, linux612 } from '../../../sim/pagecache/kernel.ts';
import { origin } from '../../../sim/pagecache/insertions.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { systems } from '../../../sim/systems/index.ts';
import { pagesOf } from '../../../sim/workload/needed-pages.ts';
import { PageSteps } from '../../../sim/workload/page-steps.ts';
import { planOf, type PageRuns, type Stops } from '../../../sim/workload/plan.ts';

const golden = join(import.meta.dirname, '../../../golden');

/** The columns as objects. */
function rowsOf({ length, step, cpuNs, othersNs, requests, firstRequest, needs }: Stops) {
  const at = ({ file, first, end }: PageRuns, i: number) => ({
    ...{ file: file[i]!, first: first[i]!, end: end[i]! },
  });
  return Array.from({ length }, (_, i) => ({
    ...{ step: step[i]!, cpuNs: cpuNs[i]!, othersNs: othersNs[i]! },
    requests: Array.from({ length: firstRequest[i + 1]! - firstRequest[i]! }, (__, nth) =>
      at(requests, firstRequest[i]! + nth),
    ),
    needs: needs.file[i]! < 0 ? [] : keysOf(at(needs, i)),
  }));
}

function keysOf({ file, first, end }: { file: number; first: number; end: number }): string[] {
  return Array.from({ length: end - first }, (_, i) => `${file} ${first + i}`);
}

describe('the plan of a program', () => {
  const settings = { raPages: 32, ioPages: 32, largeFolios: false };

  it('is made once for the same settings', async () => {
    const program = await loadProgram(join(golden, 'debian-13/nginx'));
    const same = () => ({
      ...{ kernel: linux612, faultAroundPages: 16, limitPages: 0 },
      files: program.files.map(() => ({ ...settings })),
    });
    const plan = planOf(program, same());
    expect(planOf(program, same())).toBe(plan);
    const last = same().files.with(-1, { ...settings, raPages: 4 });
    for (const other of [{ kernel: linux61 }, { faultAroundPages: 1 }, { files: last }])
      expect(planOf(program, { ...same(), ...other })).not.toBe(plan);
    const another = await loadProgram(join(golden, 'debian-13/nginx'));
    expect(planOf(another, same())).not.toBe(plan);
  });

  it.each(['nginx', 'python'])(
    'asks for what the steps of %s do, and waits for all that they need',
    async (name) => {
      const program = await loadProgram(join(golden, 'debian-13', name));
      const plan = planOf(program, {
        ...{ kernel: linux612, faultAroundPages: 16, limitPages: 0 },
        files: program.files.map(() => settings),
      });
      const stops = new Map(
        [...rowsOf(plan.prelude), ...rowsOf(plan.stops)].map((stop) => [stop.step, stop]),
      );
      const steps = new PageSteps(program, {
        kernel: linux612,
        faultAroundPages: 16,
        settingsOf: () => settings,
      });
      const { insertions } = steps.cache;
      const waited = new Set<string>();
      const asked = new Set<string>();
      let [cpuNs, othersNs] = [plan.rest.cpuNs, plan.rest.othersNs];
      for (let step = 0; step < program.readySteps; step++) {
        steps.step(step);
        const stop = stops.get(step);
        const pages: string[] = [];
        for (let i = 0; i < insertions.length; i++)
          for (
            let page = 0;
            insertions.origin(i) !== origin.written && page < 2 ** insertions.order(i);
            page++
          )
            pages.push(`${insertions.inode(i)} ${insertions.firstPage(i) + page}`);
        insertions.clear();
        const requested = (stop?.requests ?? []).flatMap(keysOf);
        expect(requested).toEqual(pages);
        for (const page of pages) asked.add(page);
        for (const page of stop?.needs ?? []) waited.add(page);
        const needed = pagesOf(program, step);
        for (let page = needed?.first ?? 0; page < (needed?.end ?? 0); page++) {
          const key = `${program.file[step]} ${page}`;
          expect(waited.has(key) || !asked.has(key)).toBe(true);
        }
        cpuNs += stop?.cpuNs ?? 0;
        othersNs += stop?.othersNs ?? 0;
      }
      const sum = (times: Float64Array) =>
        times.subarray(program.prelude, program.readySteps).reduce((total, ns) => total + ns, 0);
      expect(cpuNs).toBeCloseTo(sum(program.cpuNs), 0);
      expect(othersNs).toBeCloseTo(sum(program.othersNs), 0);
      expect(waited.size).toBeGreaterThan(100);
    },
  );
});

/** One of each kind: of the line, the host, the page cache, a layout, a cost that a layout reads, a daemon. */
const changes: readonly Settings[number][] = [
  ['net.rttNs', 5e6],
  ['host.speed', 3],
  ['host.readAheadKiB', 512],
  ['nydus.chunkBytes', 4096],
  ['dadi.lz4Ratio', 1.5],
  ['dadi.segmentBytes', 64],
  ['gunzip.bytes', 50],
  ['trio.nameBytes', 500],
  ['stargz.regionBytes', 10_000],
];

describe('what is kept from one prediction to the next', () => {
  it.each(changes)('does not show when %s changes', async (name, value) => {
    const request = { golden, guest: 'debian-13', workload: 'nginx', net: 'lan1g', seed: 'trio', set: [] };
    const used = await loadScenario(request);
    const outcomes = (scenario: typeof used) => systems.map((system) => simulate({ ...scenario, system }));
    outcomes(used);
    const changed = outcomes(withSettings(used, [[name, value]]));
    const back = outcomes(used);
    expect(changed).toEqual(outcomes(await loadScenario({ ...request, set: [[name, value]] })));
    expect(back).toEqual(outcomes(await loadScenario(request)));
    expect(changed).not.toEqual(back);
  });
});
