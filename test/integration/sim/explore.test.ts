import { execa } from 'execa';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goldenFolder } from '../../support/golden-folder.ts';
import { traceFolder } from '../../support/trace-folder.ts';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const golden = goldenFolder();
const folder = traceFolder();
const sim = (command: string, ...args: string[]) =>
  execa(process.execPath, [program, command, '--golden', golden.path(), ...args], { reject: false });

interface Run {
  readonly environment: unknown;
  readonly result: { readonly totalNs: number; readonly requests: unknown[]; readonly waits: unknown[] };
}

test('sim run prints a start in detail, and the same figures as JSON', async () => {
  const args = [...['--system', 'crfs'], ...['--net', 'wan100m'], ...['--cpu', '2']];
  const [text, json] = await Promise.all([sim('run', ...args), sim('run', ...args, '--json')]);
  const { environment, result } = JSON.parse(json.stdout) as Run;
  expect(environment).toMatchObject({ guest: 'debian-13', set: { 'host.cores': 2 } });
  expect(text.stdout).toContain(`│ Total   │ ${(result.totalNs / 1e6).toFixed(3)} │`);
  expect(text.stdout.match(/│ (GET|HEAD) /g)).toHaveLength(result.requests.length);
  expect(text.stdout).toContain('/usr/sbin/nginx');
  expect(result.waits.length).toBeGreaterThan(5);
});

test('sim sensitivity finds that a faster processor matters, and prints it as JSON', async () => {
  const args = ['--systems', 'full'];
  const [text, json] = await Promise.all([
    sim('sensitivity', ...args),
    sim('sensitivity', ...args, '--json'),
  ]);
  expect(text.stdout).toMatch(/Full image\n.*\n.*\n.*\n│ (host\.speed|unpack)/);
  const { results } = JSON.parse(json.stdout) as {
    results: { system: string; effects: { name: string }[] }[];
  };
  expect(results.map(({ system }) => system)).toEqual(['full']);
  expect(results[0]!.effects.map(({ name }) => name)).toContain('net.rttNs');
});

test('sim timeline writes a trace', async () => {
  const out = join(folder.path(), 'crfs.json');
  expect(await sim('timeline', '--system', 'crfs', '--out', out)).toMatchObject({ exitCode: 0, stdout: '' });
  const { traceEvents } = JSON.parse(await readFile(out, 'utf8')) as { traceEvents: unknown[] };
  expect(traceEvents.length).toBeGreaterThan(100);
});

test('sim report writes a page with every named network, the same each time', async () => {
  const [one, two] = ['one.html', 'two.html'].map((name) => join(folder.path(), name)) as [string, string];
  const made = await Promise.all([one, two].map((out) => sim('report', '--net', 'lan1g', '--out', out)));
  expect(made.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const page = await readFile(one, 'utf8');
  for (const net of ['lan10g', 'lan1g', 'wan100m']) expect(page).toContain(`<h3>${net}</h3>`);
  expect(page).toContain('What is fetched when, on lan1g');
  expect(page).toContain('<td>totalNs</td>');
  expect(await readFile(two, 'utf8')).toBe(page);
});

test.for([
  ['run', [], '--system'],
  ['run', ['--system', 'none'], 'there is no system "none"'],
  ['timeline', ['--system', 'crfs'], '--out'],
  ['sensitivity', ['--by', '1'], 'a ratio between 0 and 1'],
  ['sensitivity', ['--of', 'rxBytes'], 'Allowed choices'],
] as const)('sim %s %j is refused', async ([command, args, why]) => {
  const { exitCode, stdout, stderr } = await sim(command, ...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(why);
});

test('what cannot be written is an error without a stack', async () => {
  const out = join(folder.path(), 'no/such/folder.json');
  const { exitCode, stderr } = await sim('timeline', '--system', 'crfs', '--out', out);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^sim: .*folder\.json cannot be written: ENOENT[^\n]*$/);
  await expect(stat(out)).rejects.toThrow('ENOENT');
});
