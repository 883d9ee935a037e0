import { execa } from 'execa';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const sim = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false });
const golden = join(import.meta.dirname, '../../../golden/debian-13');

let own = '';
beforeAll(async () => {
  own = await mkdtemp(join(tmpdir(), 'trio-own-'));
  await mkdir(join(own, 'debian-13'));
  await cp(join(golden, 'nginx'), join(own, 'debian-13/mine'), { recursive: true });
});
afterAll(() => rm(own, { recursive: true }));

interface Result {
  readonly results: readonly { readonly workload: string }[];
}
const unnamed = (json: string) =>
  (JSON.parse(json) as Result).results.map((row) => ({ ...row, workload: '' }));

describe('a folder of recordings of one’s own', () => {
  it('is predicted with the costs that were measured here', async () => {
    const mine = await sim('compare', '--golden', own, '--workload', 'mine', '--json');
    const nginx = await sim('compare', '--json');
    expect(mine.stderr).toBe('');
    expect(unnamed(mine.stdout)).toEqual(unnamed(nginx.stdout));
  });

  it('is predicted with its own costs where it has some', async () => {
    const file = join(own, 'debian-13/calibration.json');
    const text = await readFile(join(golden, 'calibration.json'), 'utf8');
    const calibration = JSON.parse(text) as { parameters: { name: string; value: number }[] };
    for (const parameter of calibration.parameters) parameter.value *= 2;
    await writeFile(file, JSON.stringify(calibration));
    const mine = await sim('compare', '--golden', own, '--workload', 'mine', '--json');
    await rm(file);
    const [twice] = unnamed(mine.stdout) as unknown as { deployNs: number }[];
    const [once] = unnamed((await sim('compare', '--json')).stdout) as unknown as { deployNs: number }[];
    expect(twice!.deployNs / once!.deployNs).toBeGreaterThan(1.5);
  });

  it('is judged', async () => {
    const { stdout } = await sim('validate', '--golden', own, '--json');
    const { cells } = JSON.parse(stdout) as { cells: { workload: string }[] };
    expect(new Set(cells.map(({ workload }) => workload))).toEqual(new Set(['mine']));
  });

  it.each<[string, (folder: string) => Promise<void>, number, string]>([
    [
      'has no image',
      (folder) => rm(join(folder, 'image.json.zst')),
      2,
      'image.json.zst cannot be read; npm run golden:record',
    ],
    [
      'has no times',
      (folder) => rm(join(folder, 'traces.json')),
      2,
      'traces.json: cannot be read, and the warm start needs it',
    ],
    ['has an empty trace', (folder) => writeFile(join(folder, 'touch.trace.zst'), ''), 2, 'touch.trace.zst'],
    [
      'has a trace that was cut off',
      async (folder) => {
        const file = join(folder, 'touch.trace.zst');
        await writeFile(file, (await readFile(file)).subarray(0, 5000));
      },
      2,
      'touch.trace.zst',
    ],
    [
      'has a trace that is none',
      (folder) => writeFile(join(folder, 'touch.trace.zst'), 'no trace'),
      2,
      'touch.trace.zst',
    ],
    [
      'is of another image',
      (folder) => cp(join(golden, 'redis/image.json.zst'), join(folder, 'image.json.zst')),
      2,
      'the trace is of a start on another image: it has /',
    ],
  ])('that %s is refused', async (_, spoil, exitCode, message) => {
    const folder = join(own, 'debian-13/spoilt');
    await cp(join(golden, 'nginx'), folder, { recursive: true });
    await spoil(folder);
    const run = await sim('compare', '--golden', own, '--workload', 'spoilt');
    await rm(folder, { recursive: true });
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toMatch(/^ +at /m);
  });
});
