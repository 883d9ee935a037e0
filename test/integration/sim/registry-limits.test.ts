import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, withSettings, type Settings } from '../../../sim/input/scenario.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { systems } from '../../../sim/systems/index.ts';

const golden = join(import.meta.dirname, '../../../golden');
const request = { golden, guest: 'debian-13', workload: 'nginx', net: 'lan10g', seed: 'trio', set: [] };
const nginx = await loadScenario(request);

function start(id: string, settings: Settings, seed = 'trio') {
  const system = systems.find((candidate) => candidate.id === id)!;
  const { totalNs, requests } = simulate({ ...withSettings({ ...nginx, seed }, settings), system });
  return { totalNs, requests };
}

describe('a limit of the registry', () => {
  it('of one request at a time: they are answered in the order in which they came', () => {
    // The log is in the order in which answers were sent, and says when a request came.
    const came = (settings: Settings) => start('dadi-trace', settings).requests.map(({ atNs }) => atNs);
    const inOrder = (times: number[]) => times.toSorted((a, b) => a - b);
    const limited = came([['registry.concurrentMax', 1]]);
    expect(limited).toEqual(inOrder(limited));
    expect(came([])).not.toEqual(inOrder(came([])));
  });

  it('of requests a second: as many are answered in each second, after a burst', () => {
    const [perSecond, burst] = [10, 5];
    const { requests } = start('nydus', [
      ['registry.requestsPerSecond', perSecond],
      ['registry.requestBurst', burst],
    ]);
    const ends = requests.map(({ endNs }) => endNs);
    for (const end of ends) {
      const within = ends.filter((other) => other > end - 1e9 && other <= end);
      expect(within.length).toBeLessThanOrEqual(perSecond + burst);
    }
    expect(start('nydus', []).totalNs).toBeLessThan(ends.at(-1)!);
  });

  it('makes a replay of no use: what it asks for at once is answered one after the other', () => {
    const ready = (id: string, settings: Settings) =>
      start(id, [['registry.isOnHost', 0], ['host.cores', 8], ...settings]).totalNs;
    const gain = (settings: Settings) => ready('dadi', settings) / ready('dadi-trace', settings);
    expect(gain([])).toBeGreaterThan(1.15);
    expect(gain([['registry.requestsPerSecond', 20]])).toBeLessThan(1.02);
  });
});

describe('the service time of the registry', () => {
  it('is what is set, instead of what was measured', () => {
    const slow = start('crfs', [['registry.serviceNs', 50e6]]);
    const quick = start('crfs', [['registry.serviceNs', 1]]);
    for (const { atNs, endNs } of slow.requests) expect(endNs - atNs).toBeGreaterThanOrEqual(50e6);
    expect(quick.totalNs).toBeLessThan(start('crfs', []).totalNs);
  });

  it('is drawn by the seed, where it differs', () => {
    const spread: Settings = [['registry.serviceSpread', 1]];
    expect(start('trio', spread, 'a')).toEqual(start('trio', spread, 'a'));
    expect(start('trio', spread, 'a').totalNs).not.toBe(start('trio', spread, 'b').totalNs);
    expect(start('trio', [], 'a').totalNs).toBe(start('trio', [], 'b').totalNs);
  });
});
