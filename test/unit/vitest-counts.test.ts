import { execa } from 'execa';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vitestCounts } from '../../scripts/vitest-counts.ts';

const house = join(import.meta.dirname, '../..');
const sample = `
  import { expect, test } from 'vitest';
  test.each([1, 2, 3])('passes', (n) => expect(n).toBe(n));
  test.each([1, 2])('fails', (n) => expect(n).toBe(0));
  test.skip('is skipped', () => expect(1).toBe(1));
  test.todo('is to do');
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitest-counts-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('counts what the real vitest reports', { timeout: 60_000 }, async () => {
  const report = join(folder, 'report.json');
  await writeFile(join(folder, 'sample.test.ts'), sample);
  await symlink(join(house, 'node_modules'), join(folder, 'node_modules'));
  const options = ['--root', folder, '--reporter=json', `--outputFile.json=${report}`];
  const { exitCode } = await execa('vitest', ['run', ...options], {
    cwd: folder,
    localDir: house,
    preferLocal: true,
    reject: false,
  });
  expect(exitCode).toBe(1);
  expect(await vitestCounts(report)).toEqual({ passed: 3, failed: 2, skipped: 2 });
});

test('a run that left no report counts no tests', async () => {
  expect(await vitestCounts(join(folder, 'missing.json'))).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test('a report that is not one is an error, not zero', async () => {
  const report = join(folder, 'broken.json');
  await writeFile(report, '{}');
  await expect(vitestCounts(report)).rejects.toThrow('numPassedTests');
});
