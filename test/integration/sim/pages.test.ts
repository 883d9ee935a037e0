import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OpenRecord } from '../../../trio/trace/record-views.ts';
import { kernelOf, kernels } from '../../../sim/pagecache/kernel.ts';
import { Prediction } from '../../../sim/pagecache/predict.ts';
import { pageRanges } from '../../../sim/validate/page-ranges.ts';
import { checkPages, type PagesCheck } from '../../../sim/validate/pages.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { PredictionWithTouch } from '../../support/other-touch.ts';
import { pageDifferences, threadDifferences } from './page-differences.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);
/** At least these are recorded of each workload. */
const starts = ['touch', 'default', 'fuse', 'erofs', 'fault-around-16k'].concat(
  ['16k', '64k', '512k'].map((size) => `readahead-${size}`),
);

const checks = new Map<string, Promise<PagesCheck[]>>();
/** What the model says as it is; asked for by more than one test. */
function checked(folder: string): Promise<PagesCheck[]> {
  const known = checks.get(folder) ?? checkPages(folder);
  checks.set(folder, known);
  return known;
}

/** The files of a start whose pages are not as predicted, as `pageDifferences` lists them. */
function differences({ start, comparison }: PagesCheck) {
  return comparison.files
    .filter(({ sameOrder }) => !sameOrder)
    .map(({ path, missed, extra, outOfOrder }) => ({
      ...{ start, path, missed: pageRanges(missed), extra: pageRanges(extra) },
      outOfOrder: pageRanges(outOfOrder),
    }));
}

describe.each(recordings)('$guest/$workload', ({ guest, workload, folder }) => {
  const here = (each: { guest: string; workload: string }) =>
    each.guest === guest && each.workload === workload;
  const known = pageDifferences.filter(here);
  const ofThreads = threadDifferences.filter(here);
  const isOfThreads = (found: { start: string; path: string | undefined }) =>
    ofThreads.some(({ start, path }) => start === found.start && path === found.path);

  test('every page is predicted, in order, but for the listed differences', async () => {
    const found = await checked(folder);
    expect(found.map(({ start }) => start)).toEqual(expect.arrayContaining(starts));
    const all = found.flatMap(differences);
    expect(all.filter((difference) => !isOfThreads(difference))).toEqual(
      known.map(({ start, path, missed, extra, outOfOrder }) => ({
        ...{ start, path, missed, extra, outOfOrder },
      })),
    );
    const withoutOrder = all
      .filter(isOfThreads)
      .map(({ start, path, missed, extra }) => `${start} ${path}: missed ${missed}, extra ${extra}`);
    const listed = ofThreads.map(
      ({ start, path, missed, extra }) => `${start} ${path}: missed ${missed}, extra ${extra}`,
    );
    expect(withoutOrder.sort()).toEqual(listed.sort());
    const inexact = found.filter(({ exact }) => !exact).map(({ start }) => start);
    expect(new Set(inexact)).toEqual(new Set([...known, ...ofThreads].map(({ start }) => start)));
    for (const { comparison } of found) expect(comparison.recordedPages).toBeGreaterThan(0);
  });

  test('with what the program did otherwise, every prediction is exact', async () => {
    const found = await checkPages(folder, (start, settings) => {
      const difference = known.find((each) => each.start === start);
      return difference ? new PredictionWithTouch(settings, difference.touch) : new Prediction(settings);
    });
    const inexact = new Set(found.filter(({ exact }) => !exact).map(({ start }) => start));
    expect(inexact).toEqual(new Set(ofThreads.map(({ start }) => start)));
  });

  test('the model of another kernel is not exact: the recording can tell them apart', async () => {
    const found = await checkPages(folder, (_, settings) => {
      const kernelFor = (release: string) => kernels.find((each) => each !== settings.kernelFor(release))!;
      return new Prediction({ ...settings, kernelFor });
    });
    expect(found.find(({ start }) => start === 'readahead-16k')).toMatchObject({ exact: false });
  });
});

const nginx = recordings.filter(({ workload }) => workload === 'nginx');

test.each(nginx)(
  '$guest/$workload: a start on EROFS tells large folios from small ones',
  async ({ folder }) => {
    const found = await checkPages(folder, (start, settings) => {
      const settingsOf = (record: OpenRecord) => {
        const right = settings.settingsOf(record);
        return right && { ...right, largeFolios: start === 'erofs' && !right.largeFolios };
      };
      return new Prediction({ ...settings, settingsOf });
    });
    const inexact = found.filter(({ exact }) => !exact).map(({ start }) => start);
    expect(inexact).toEqual(['erofs']);
  },
);

test('there are recordings of every kernel that has a model', async () => {
  const releases: string[] = [];
  for (const { folder } of recordings)
    for (const { kernelRelease } of await checked(folder)) releases.push(kernelRelease);
  expect(new Set(releases.map(kernelOf))).toEqual(new Set(kernels));
});

test('every listed difference is of a recording', () => {
  const names = recordings.map(({ guest, workload }) => `${guest}/${workload}`);
  for (const { guest, workload } of [...pageDifferences, ...threadDifferences])
    expect(names).toContain(`${guest}/${workload}`);
});
