import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareRuns, type Run } from '../../scripts/compare-runs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-runs-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Lays out a run that printed `json` and left `files`. */
async function layOut(name: string, json: string, files: Record<string, string>): Promise<Run> {
  const run = { jsonFile: join(folder, `${name}.json`), outFolder: join(folder, name) };
  await mkdir(run.outFolder);
  await writeFile(run.jsonFile, json);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(run.outFolder, path)), { recursive: true });
    await writeFile(join(run.outFolder, path), text);
  }
  return run;
}

async function differences(
  first: { json: string; files: Record<string, string> },
  second: { json: string; files: Record<string, string> },
) {
  return compareRuns(
    await layOut('first', first.json, first.files),
    await layOut('second', second.json, second.files),
  );
}

const good = { json: '{}\n', files: { 'full/requests.ndjson': 'a\nb\n', 'crfs/requests.ndjson': 'c\n' } };

test('equal runs do not differ, whatever their other files say', async () => {
  const withLog = (text: string) => ({ ...good, files: { ...good.files, 'full/console.log': text } });
  expect(await differences(withLog('1'), withLog('2'))).toEqual([]);
});

test('names the first byte that differs', async () => {
  const other = { json: '{ }\n', files: { ...good.files, 'full/requests.ndjson': 'a\nB\n' } };
  expect(await differences(good, other)).toEqual([
    'JSON output: differs at byte 1 (line 1; 3 and 4 bytes)',
    'full/requests.ndjson: differs at byte 2 (line 2; 4 and 4 bytes)',
  ]);
});

test('a log that is cut short differs', async () => {
  const other = { ...good, files: { ...good.files, 'full/requests.ndjson': 'a\n' } };
  expect(await differences(good, other)).toEqual([
    'full/requests.ndjson: differs at byte 2 (line 2; 4 and 2 bytes)',
  ]);
});

test('a log that only one run has is a difference', async () => {
  const one = { ...good, files: { 'full/requests.ndjson': 'a\nb\n' } };
  const two = { ...good, files: { 'full/requests.ndjson': 'a\nb\n', 'z/requests.ndjson': '' } };
  expect(await differences(one, two)).toEqual(['z/requests.ndjson: only in the second run']);
  await rm(folder, { recursive: true });
  await mkdir(folder);
  expect(await differences(two, one)).toEqual(['z/requests.ndjson: only in the first run']);
});

test('runs that left no evidence are not the same', async () => {
  expect(await differences({ json: '', files: {} }, { json: '', files: {} })).toEqual([
    'JSON output: empty in both runs',
    'no requests.ndjson in either run',
  ]);
});
