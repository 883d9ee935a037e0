import { execa } from 'execa';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenFolder } from '../../support/golden-folder.ts';
import { traceFolder } from '../../support/trace-folder.ts';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const golden = goldenFolder();
const folder = traceFolder();
const axes = [...['--sweep', 'net.rttNs=log:1e5:1e8:5'], ...['--sweep', 'net.lossRatio=0,0.01']];

const sim = (...args: string[]) =>
  execa(process.execPath, [program, 'sweep', '--golden', golden.path(), ...args], { reject: false });
const file = (name: string) => join(folder.path(), name);

describe('sim sweep', () => {
  test('writes the same bytes with one thread and with three', async () => {
    const [one, three] = await Promise.all(
      ['1', '3'].map((workers) => sim(...axes, '--workers', workers, '--json')),
    );
    expect(one).toMatchObject({ exitCode: 0, stderr: '' });
    expect(three!.stdout).toBe(one!.stdout);
    const [definition, ...rows] = one!.stdout.split('\n').map((line) => JSON.parse(line) as Row);
    expect(definition).toMatchObject({ schema: 'trio.sweep/1', workload: 'nginx', points: 10 });
    const systems = new Set(rows.map(({ system }) => system));
    expect(rows).toHaveLength(10 * systems.size);
    expect(rows.map(({ point }) => point)).toEqual(rows.map((_, i) => Math.floor(i / systems.size)));
    expect(rows.at(-1)!.set).toEqual({ 'net.rttNs': 1e8, 'net.lossRatio': 0.01 });
    const slowest = rows.filter(({ set }) => set['net.rttNs'] === 1e8);
    for (const { system, totalNs } of slowest)
      expect(totalNs).toBeGreaterThan(rows.find((row) => row.system === system)!.totalNs);
  });

  test('goes on where a file was cut off, and ends with the bytes of an uninterrupted sweep', async () => {
    const [whole, cut] = [file('whole.csv'), file('cut.csv')];
    expect(await sim(...axes, '--out', whole)).toMatchObject({ exitCode: 0, stdout: '' });
    const text = await readFile(whole, 'utf8');
    // In the middle of a row, behind a whole one of the same point.
    await writeFile(cut, text.slice(0, text.indexOf('\n6,crfs') + 20));
    expect(await sim(...axes, '--out', cut, '--resume')).toMatchObject({ exitCode: 0 });
    expect(await readFile(cut, 'utf8')).toBe(text);

    const before = await stat(cut);
    expect(await sim(...axes, '--out', cut, '--resume')).toMatchObject({ exitCode: 0 });
    expect((await stat(cut)).ino).toBe(before.ino);
    expect(await readFile(cut, 'utf8')).toBe(text);

    const notes = file('notes.csv');
    await writeFile(notes, 'no sweep, and no line break');
    expect(await sim(...axes, '--out', notes, '--resume')).toMatchObject({ exitCode: 1 });
    expect(await readFile(notes, 'utf8')).toBe('no sweep, and no line break');
    await writeFile(notes, text.slice(0, 10));
    expect(await sim(...axes, '--out', notes, '--resume')).toMatchObject({ exitCode: 0 });
    expect(await readFile(notes, 'utf8')).toBe(text);

    const others = [['--seed', 'other'], ['--set', 'host.cores=2'], [...['--sweep', 'host.speed=1,2']]];
    for (const other of others) {
      const refused = await sim(...axes, '--out', cut, '--resume', ...other);
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
      expect(refused.stderr).toContain('is of another sweep');
    }
    const unasked = await sim(...axes, '--out', cut);
    expect(unasked).toMatchObject({ exitCode: 2 });
    expect(unasked.stderr).toContain('--resume');
    expect(await readFile(cut, 'utf8')).toBe(text);
  });

  test.for([
    [['--sweep', 'net.rtNs=1:2:3'], 'there is no parameter'],
    [['--sweep', 'net.rateBps=-1,5'], 'net.rateBps is a number from 1 on'],
    [['--sweep', 'host.cores=1,2', '--sweep', 'host.cores=3'], 'swept twice'],
    [['--sweep', 'host.cores=1:4'], 'needs STEPS'],
    [['--sweep', 'host.cores=1,2', '--workers', '0'], 'whole number from 1 on'],
    [['--sweep', 'host.cores=1,2', '--systems', 'none'], 'there is no system "none"'],
    [['--sweep', 'host.cores=1,2', '--resume'], '--out'],
    [[], '--sweep'],
  ] as const)('refuses %j, and writes nothing', async ([args, why]) => {
    const out = args.includes('--resume' as never) ? [] : ['--out', file('never.csv')];
    const { exitCode, stdout, stderr } = await sim(...args, ...out);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(why);
    await expect(stat(file('never.csv'))).rejects.toThrow('ENOENT');
  });
});

interface Row {
  readonly point: number;
  readonly system: string;
  readonly set: Record<string, number>;
  readonly totalNs: number;
}
