import { execa } from 'execa';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { clean, targets, violations } from './house-rules.samples.ts';

/** What of oxlint's JSON report these tests read. */
const Report = z.object({
  diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })),
  number_of_files: z.number(),
});

const house = join(import.meta.dirname, '../..');
const samples = violations.map((sample, i) => ({
  ...sample,
  path: `${sample.folder}/${sample.name ?? `sample-${i}.ts`}`,
}));
const cycle = {
  'vm/e2e/cycle.ts': `import { x } from './cycle-start.ts'; export const y = (): number => x();`,
};

let folder: string;
/** Per file, the rules that reject it. */
let rejectedBy: Map<string, Set<string>>;

/** Runs the real linter with the house's own configuration over the sample house. */
async function lint(paths: string[]) {
  const oxlint = join(house, 'node_modules/.bin/oxlint');
  const options = ['--type-aware', '--deny-warnings', '--format', 'json'];
  const { stdout, exitCode } = await execa(oxlint, [...options, ...paths], { cwd: folder, reject: false });
  const parsed: unknown = JSON.parse(stdout);
  return { ...Report.parse(parsed), exitCode };
}

// One run for all samples: the linter's start is what takes the time.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'house-rules-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    await cp(join(house, file), join(folder, file));
  await symlink(join(house, 'node_modules'), join(folder, 'node_modules'));
  const files = {
    ...Object.fromEntries(targets.map((path) => [path, 'export const x = 1; export type X = number;'])),
    ...clean,
    ...cycle,
    ...Object.fromEntries(samples.map(({ path, code }) => [path, code])),
  };
  for (const [path, code] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${code}\n`);
  }
  const { diagnostics } = await lint(samples.map(({ path }) => path));
  rejectedBy = new Map(samples.map(({ path }) => [path, new Set()]));
  // A rule is reported with its plugin: `typescript(no-explicit-any)`.
  for (const { code, filename } of diagnostics) rejectedBy.get(filename)?.add(code.replace(/^.*\(|\)$/g, ''));
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('every sample has a file of its own', () => {
  expect(new Set(samples.map(({ path }) => path)).size).toBe(samples.length);
});

test.each(samples)('$rule rejects, in $folder: $code', ({ path, rule }) => {
  expect([...(rejectedBy.get(path) ?? [])]).toEqual([rule]);
});

test('a file that breaks a rule makes the linter fail', async () => {
  const { exitCode } = await lint([samples[0]!.path]);
  expect(exitCode).toBe(1);
});

test('files that keep the rules pass', async () => {
  const paths = [...Object.keys(clean), ...targets];
  const { diagnostics, number_of_files, exitCode } = await lint(paths);
  expect({ diagnostics, number_of_files, exitCode }).toEqual({
    diagnostics: [],
    number_of_files: paths.length,
    exitCode: 0,
  });
});
