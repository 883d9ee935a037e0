import { execa } from 'execa';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadScenario } from '../../../sim/input/scenario.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { systems } from '../../../sim/systems/index.ts';

const golden = join(import.meta.dirname, '../../../golden');
const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const sim = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false });

const resultsSchema = z.object({
  schema: z.literal('trio.e2e/1'),
  results: z.array(
    z.object({
      system: z.string(),
      deployNs: z.int().positive(),
      runningNs: z.int().positive(),
      readyNs: z.int().positive(),
      totalNs: z.int().positive(),
      registry: z.object({ requests: z.int(), bytes: z.int() }),
      neededBytes: z.int().positive(),
      amplification: z.number().positive(),
    }),
  ),
});

async function results(...args: string[]) {
  const { stdout, exitCode, stderr } = await sim('compare', '--json', ...args);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return resultsSchema.parse(JSON.parse(stdout)).results;
}

describe('sim alone', () => {
  it('compares all systems on nginx, in a table and in words', async () => {
    const { stdout, exitCode } = await sim();
    expect(exitCode).toBe(0);
    for (const system of ['Full image', 'CRFS', 'Nydus', 'DADI', 'TrIO']) expect(stdout).toContain(system);
    expect(stdout).toMatch(/full: [\d.]+ × the fastest; \d+ % of it is Deploy/);
  });
});

describe('sim compare', () => {
  it('says the same to the byte, again', async () => {
    const [a, b] = await Promise.all([sim('compare', '--json'), sim('compare', '--json')]);
    expect(a.stdout).toBe(b.stdout);
  });

  it('says the same a hundred times, also with losses and a drawn order', async () => {
    const request = { golden, guest: 'debian-13', workload: 'nginx', net: 'lan1g', seed: 'hundred' };
    const set: [string, number][] = [
      ['net.lossRatio', 0.01],
      ['registry.serviceSpread', 0.3],
      ['stargz.silenceNs', 1e8],
    ];
    const scenario = await loadScenario({ ...request, set });
    const all = () => JSON.stringify(systems.map((system) => simulate({ ...scenario, system })));
    expect(new Set(Array.from({ length: 100 }, all)).size).toBe(1);
    const other = JSON.stringify(systems.map((system) => simulate({ ...scenario, seed: 'other', system })));
    expect(other).not.toBe(all());
  });

  it('has phases that add up, and what TrIO promises', async () => {
    const all = await results('--workload', 'python');
    for (const { deployNs, runningNs, readyNs, totalNs } of all)
      expect(deployNs + runningNs + readyNs).toBe(totalNs);
    const of = (id: string) => all.find(({ system }) => system === id)!;
    expect(new Set(all.map(({ neededBytes }) => neededBytes)).size).toBe(1);
    // The published order: full pays in Deploy, lazy loading in Ready, TrIO in neither, and it fetches hardly more than needed.
    expect(of('full').deployNs).toBeGreaterThan(0.9 * of('full').totalNs);
    expect(of('crfs').readyNs).toBeGreaterThan(of('crfs').deployNs);
    expect(of('trio').totalNs).toBeLessThan(of('crfs').totalNs);
    expect(of('trio').amplification).toBeLessThan(1.1);
  });

  it('takes a faster node and a slower line', async () => {
    const [base] = await results('--systems', 'crfs');
    const [fast] = await results('--systems', 'crfs', '--set', 'host.speed=2');
    const [slow] = await results('--systems', 'crfs', '--net', 'rtt=50ms,rate=10mbit');
    expect(fast!.totalNs).toBeLessThan(base!.totalNs);
    expect(slow!.totalNs).toBeGreaterThan(base!.totalNs);
    expect(slow!.registry).toEqual(base!.registry);
  });

  it.each([
    [['--workload', 'nothing'], 'no recorded workload "nothing"'],
    [['--guest', 'nothing'], 'no recorded guest "nothing"'],
    [['--systems', 'full,nothing'], 'no system "nothing"'],
    [['--set', 'host.corse=2'], 'there is no parameter "host.corse"'],
    [['--set', 'host.cores=0'], 'host.cores is a whole number from 1 to 4096 (cores), not 0'],
    [['--set', 'host.cores'], 'NAME=VALUE'],
    [['--cpu', '1.5'], 'write a whole number from 1 on'],
    [['--net', 'moon'], 'unknown name'],
  ])('refuses %j', async (args, message) => {
    const { stdout, stderr, exitCode } = await sim('compare', ...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
  });

  it('lists every parameter with unit, value and source', async () => {
    const { stdout } = await sim('compare', '--params');
    const rows = stdout
      .split('\n')
      .filter((line) => /^│ [a-z]/.test(line) && !line.startsWith('│ parameter'));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) expect(row).toMatch(/(measured|read in|inferred:|chosen:|fitted to)/);
  });
});
