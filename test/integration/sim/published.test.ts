import { execa } from 'execa';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFit, readPublished } from '../../../sim/input/published.ts';
import { loadScenario, withSettings } from '../../../sim/input/scenario.ts';
import { comparePublished, fixedSettings, type Profile } from '../../../sim/published/compare.ts';
import { fitted, predicted } from '../../../sim/published/slides.ts';
import { systems } from '../../../sim/systems/index.ts';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const sim = (args: readonly string[]) => execa(process.execPath, [program, ...args], { reject: false });

const golden = join(import.meta.dirname, '../../../golden');
const published = await readPublished(join(golden, 'published/slides.json'));
const values = await readFit(join(golden, 'published/slides-fit.json'));
const request = { golden, guest: 'debian-13', workload: 'pytorch', net: 'lan10g', seed: 'trio' };
const scenario = await loadScenario({ ...request, set: fixedSettings });
const profile: Profile = {
  ...{ published, systems, scenario },
  with: (settings) => withSettings(scenario, settings),
};
const { cells, predictions, neededBytes } = comparePublished(profile, values);

describe('the published table', () => {
  it('has every cell within its bound', () => {
    const past = cells.filter(({ error, bound }) => Math.abs(error) > bound);
    expect(past.map(({ system, metric }) => `${system} ${metric}`)).toEqual([]);
  });

  it('has fewer fitted parameters than cells, each met on average, and none of TrIO', () => {
    expect(cells.length).toBe(30);
    expect(fitted.length).toBeLessThan(cells.length / 2);
    expect(new Set(fitted.map(({ name }) => name)).size).toBe(fitted.length);
    for (const { name, systems: rows, metric } of fitted) {
      const met = cells.filter((cell) => cell.metric === metric && rows.includes(cell.system));
      expect(met.map(({ isFitted }) => isFitted)).toEqual(rows.map(() => true));
      const mean = met.reduce((sum, { error }) => sum + Math.log1p(error), 0) / met.length;
      // Nydus' and DADI's polls come in steps.
      expect({ name, isMet: Math.abs(mean) < 0.02 }).toEqual({ name, isMet: true });
    }
    expect(cells.filter(({ isFitted }) => isFitted).length).toBe(
      fitted.flatMap((input) => input.systems).length,
    );
    expect(fitted.filter(({ name, systems: rows }) => /trio/.test(name + rows.join()))).toEqual([]);
    expect(predictions.map(({ system }) => system)).toEqual([...predicted]);
  });

  it('says of all lazy systems the same about what is needed', () => {
    for (const { system, packets, amplification } of published.rows.filter((row) => row.system !== 'full'))
      expect({ system, ratio: (packets * 1448) / amplification / neededBytes }).toEqual({
        system,
        ratio: expect.closeTo(1, 1.3) as number,
      });
  });
});

describe('sim compare --profile', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it('prints the table, or JSON', async () => {
    const text = await sim(['compare', '--profile', 'slides']);
    expect(text.stdout).toContain('30 cells, 16 of them with 14 fitted parameters; 0 are past');
    const json = await sim(['compare', '--profile', 'slides', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'trio.published-comparison/1', cells });
  });

  it.each([
    [['--profile', 'moon'], 'no profile "moon"'],
    [['--profile', 'slides', '--workload', 'nginx'], 'does not go with --workload'],
    [['--fit'], '--fit goes with --profile'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await sim(['compare', ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) as string });
  });

  it('fits again to the same values', { timeout: 300_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trio-fit-'));
    folders.push(folder);
    await mkdir(join(folder, 'published'));
    await cp(join(golden, 'published/slides.json'), join(folder, 'published/slides.json'));
    await mkdir(join(folder, 'debian-13'));
    await cp(join(golden, 'debian-13/pytorch'), join(folder, 'debian-13/pytorch'), { recursive: true });
    await cp(join(golden, 'debian-13/calibration.json'), join(folder, 'debian-13/calibration.json'));
    await sim(['compare', '--profile', 'slides', '--fit', '--golden', folder]);
    expect(await readFile(join(folder, 'published/slides-fit.json'), 'utf8')).toBe(
      await readFile(join(golden, 'published/slides-fit.json'), 'utf8'),
    );
  });

  it('says what is wrong with a table', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trio-published-'));
    folders.push(folder);
    const file = join(folder, 'slides.json');
    await writeFile(file, '{"schema": "trio.published/2"}');
    await expect(readPublished(file)).rejects.toThrow('trio.published/1');
  });
});
