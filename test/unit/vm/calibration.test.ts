import fc from 'fast-check';
import { execa } from 'execa';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { calibrationSchema, parseSamples } from '../../../trio/calibration/calibration.ts';
import { fitCosts, predict, type Sample } from '../../../vm/calibrate/fit.ts';
import { parametersOf } from '../../../vm/calibrate/parameters.ts';
import { samplesToKeep } from '../../../vm/calibrate/run.ts';
import { pauseProgram, spinProgram } from '../../../vm/calibrate/static-programs.ts';
import { contentOf, syntheticImages } from '../../../vm/calibrate/synthetic.ts';

const sample = (x: Sample['x'], ns: number, check = false): Sample => ({ x, ns, check });

describe('fitCosts', () => {
  test('goes through both of two samples', () => {
    const { costs, checkError } = fitCosts([
      sample({ operations: 1, bytes: 1000 }, 2500),
      sample({ operations: 1, bytes: 9000 }, 18_500),
      sample({ operations: 1, bytes: 4000 }, 8500, true),
    ]);
    expect(costs['operations']).toBeCloseTo(500, 6);
    expect(costs['bytes']).toBeCloseTo(2, 9);
    expect(checkError).toBeLessThan(1e-9);
  });

  test('finds the costs that made the samples, whatever their sizes', () => {
    const cost = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(cost(1e5, 1e7), cost(1e4, 1e6), cost(1, 100), (operation, file, byte) => {
        const at = (files: number, bytes: number, check = false) =>
          sample({ operations: 1, files, bytes }, operation + files * file + bytes * byte, check);
        const samples = [at(1, 1000), at(1, 8e6), at(1000, 1e6), at(50, 1e5), at(400, 4e5, true)];
        const { costs, checkError } = fitCosts(samples);
        expect(checkError).toBeLessThan(1e-4);
        for (const { x, ns } of samples) expect(Math.abs(predict(costs, x) - ns) / ns).toBeLessThan(1e-4);
      }),
    );
  });

  test('reports the worst of its checks, relative to what was measured', () => {
    const { checkError } = fitCosts([
      sample({ bytes: 100 }, 100),
      sample({ bytes: 200 }, 250, true),
      sample({ bytes: 400 }, 410, true),
    ]);
    expect(checkError).toBeCloseTo(0.2, 9);
  });

  test('refuses what cannot be told apart, and a fit without a check', () => {
    const same = [sample({ operations: 1, bytes: 10 }, 20), sample({ operations: 2, bytes: 20 }, 40)];
    expect(() => fitCosts([...same, sample({ operations: 1, bytes: 5 }, 9, true)])).toThrow(/apart/);
    expect(() => fitCosts(same)).toThrow(/no sample checks/);
  });
});

test('what is known from another series is not fitted again', () => {
  const samples = [
    sample({ layers: 1, 'fetch.bytes': 1000 }, 2500),
    sample({ layers: 3, 'fetch.bytes': 1000 }, 3500),
    sample({ layers: 2, 'fetch.bytes': 4000 }, 9000, true),
  ];
  const { costs, checkError } = fitCosts(samples, { 'fetch.bytes': 2 });
  expect(costs).toEqual({ layers: expect.closeTo(500, 6) as number });
  expect(checkError).toBeLessThan(1e-9);
});

test('what is negative or next to nothing counts as nothing, and the others are fitted without it', () => {
  const { costs } = fitCosts([
    sample({ starts: 1, layers: 1, bytes: 10 }, 1000),
    sample({ starts: 1, layers: 8, bytes: 20 }, 990),
    sample({ starts: 1, layers: 2, bytes: 40 }, 1001),
    sample({ starts: 1, layers: 4, bytes: 10 }, 1000, true),
  ]);
  expect(costs).toEqual({ starts: expect.closeTo(997, 0) as number, layers: 0, bytes: 0 });
});

const line = (series: string, bytes: number, ns: number, check = false) =>
  JSON.stringify({ series, x: { operations: 1, bytes }, ns, check });

test('samples become parameters with a unit, a description and the error of the check', () => {
  const samples = parseSamples(
    `${[line('sha256', 0, 100), line('sha256', 1000, 1100), line('sha256', 500, 1200, true)].join('\n')}\n`,
  );
  const parameters = parametersOf(samples);
  expect(parameters.map(({ name, unit }) => [name, unit])).toEqual([
    ['sha256.operations', 'ns/operation'],
    ['sha256.bytes', 'ns/byte'],
  ]);
  expect(parameters.map(({ value }) => value)).toEqual([expect.closeTo(100, 6), expect.closeTo(1, 6)]);
  for (const { checkError, how } of parameters) {
    expect(checkError).toBeCloseTo(0.5, 6);
    expect(how).toMatch(/2 samples, checked with 1/);
  }
  expect(() => parametersOf(parseSamples(line('unheard-of', 1, 1)))).toThrow(/unheard-of/);
});

test('a series that uses the parameters of another is fitted after it', () => {
  const own = (layers: number, bytes: number, ns: number, check = false) =>
    JSON.stringify({ series: 'lazy-pull', x: { layers, 'sha256.bytes': bytes }, ns, check });
  const samples = parseSamples(
    [
      own(1, 1000, 51_000),
      own(2, 1000, 101_000),
      own(3, 0, 150_000, true),
      ...[line('sha256', 0, 100), line('sha256', 1000, 1100), line('sha256', 500, 600, true)],
    ].join('\n'),
  );
  const [layer] = parametersOf(samples);
  expect(layer).toMatchObject({ name: 'lazy-pull.layers', value: expect.closeTo(50_000, 3) as number });
  expect(layer?.how).toMatch(/beside what sha256 say/);
  expect(() => parametersOf(samples.slice(0, 3))).toThrow(/sha256/);
});

test('what a piece takes is told by chunks that are alike, whatever others make of it', () => {
  const chunk = (compressedBytes: number, bytes: number, pieces: number, ns: number, check = false) =>
    JSON.stringify({
      ...{ series: 'stargz-chunk', x: { chunks: 1, compressedBytes, bytes, pieces }, ns, check },
    });
  const samples = parseSamples(
    [
      chunk(1_000_000, 4e6, 10, 104e6),
      chunk(1_001_000, 4e6, 40, 116e6),
      chunk(999_000, 4e6, 20, 108e6, true),
      // Dearer for each compressed byte the larger it is: pieces would seem to be paid for it.
      chunk(2_000_000, 4e6, 40, 300e6),
      chunk(3_000_000, 5e6, 60, 500e6),
      chunk(10_000, 4096, 0, 0.9e6),
      chunk(2_500_000, 4e6, 50, 400e6, true),
    ].join('\n'),
  );
  const pieces = parametersOf(samples).filter(({ name }) => name.endsWith('.pieces'));
  expect(pieces).toMatchObject([
    { name: 'stargz-piece.pieces', value: expect.closeTo(400_000, -3) as number },
  ]);
});

test('what is no sample is refused', () => {
  expect(() => parseSamples('sh: micro: not found')).toThrow();
  expect(() => parseSamples(line('sha256', -1, 5))).toThrow();
  expect(() => parseSamples(line('sha256', 1, 0))).toThrow();
  expect(calibrationSchema.safeParse({ schema: 'trio.calibration/2' }).success).toBe(false);
});

test('synthetic contents are the same every time, of the size asked for, and differ by seed', () => {
  for (const content of ['literals', 'words'] as const) {
    const bytes = contentOf(content, 100_001, 'a');
    expect(bytes).toHaveLength(100_001);
    expect(bytes.equals(contentOf(content, 100_001, 'a'))).toBe(true);
    expect(bytes.equals(contentOf(content, 100_001, 'b'))).toBe(false);
  }
});

test.each([
  ['waits', pauseProgram],
  ['computes', spinProgram],
])('a program of the containers %s until it is killed', async (_, program) => {
  const file = join(await mkdtemp(join(tmpdir(), 'program-')), 'program');
  await writeFile(file, program(), { mode: 0o755 });
  const { timedOut, stderr } = await execa(file, { timeout: 200, reject: false });
  await rm(dirname(file), { recursive: true });
  expect({ timedOut, stderr }).toEqual({ timedOut: true, stderr: '' });
});

test('no two synthetic images have the same name, no layer the same path twice', () => {
  expect(new Set(syntheticImages.map(({ name }) => name)).size).toBe(syntheticImages.length);
  for (const { layers } of syntheticImages)
    for (const files of layers) expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
});

test('the recorded calibrations are of their schema, and their parameters are what their samples give', () => {
  const golden = join(import.meta.dirname, '../../../golden');
  const recorded = readdirSync(golden, { withFileTypes: true })
    .map((entry) => join(golden, entry.name, 'calibration.json'))
    .filter((path) => existsSync(path));
  expect(recorded).not.toEqual([]);
  for (const path of recorded) {
    const { parameters, samples } = calibrationSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    expect(parametersOf(samples)).toEqual(parameters);
  }
});

describe('samples of an earlier calibration', () => {
  const digest = (digit: string) => ({
    plain: `sha256:${digit.repeat(64)}`,
    estargz: `sha256:${digit.repeat(64)}`,
  });
  const file = join(import.meta.dirname, '../../../golden/debian-13/calibration.json');
  const { environment } = calibrationSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const of = (images: typeof environment.images) => ({ ...environment, images });
  const one = (series: string) => ({ series, x: { operations: 1 }, ns: 1, check: false });
  const before = { environment: of({ small: digest('1') }), samples: [one('gunzip'), one('unpack')] };

  test('stay, but for those that were measured anew', () => {
    expect(samplesToKeep(before, before.environment, [one('unpack')])).toEqual([one('gunzip')]);
  });

  test('stay if images were added', () => {
    const more = of({ small: digest('1'), large: digest('2') });
    expect(samplesToKeep(before, more, [])).toEqual(before.samples);
  });

  test.each([
    ['an image is another', of({ small: digest('3') })],
    ['an image is gone', of({})],
    ['the kernel is another', { ...before.environment, kernel: 'other' }],
  ])('are refused if %s', (_, now) => {
    expect(() => samplesToKeep(before, now, [])).toThrow(
      expect.objectContaining({ code: 'OTHER_ENVIRONMENT' }),
    );
  });
});
