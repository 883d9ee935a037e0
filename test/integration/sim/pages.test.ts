import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelOf, kernels } from '../../../sim/pagecache/kernel.ts';
import { Prediction } from '../../../sim/pagecache/predict.ts';
import { pageRanges } from '../../../sim/validate/page-ranges.ts';
import { checkPages, type PagesCheck } from '../../../sim/validate/pages.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { PredictionWithTouch } from '../../support/other-touch.ts';
import { pageDifferences } from './page-differences.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);

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
  const known = pageDifferences.filter((each) => each.guest === guest && each.workload === workload);

  test('every page is predicted, in order, but for the listed differences', async () => {
    const checks = await checkPages(folder);
    expect(checks.map(({ start }) => start)).toEqual(
      expect.arrayContaining(['touch', 'default', 'fuse', 'readahead-16k', 'fault-around-16k']),
    );
    expect(checks.flatMap(differences)).toEqual(
      known.map(({ start, path, missed, extra, outOfOrder }) => ({
        ...{ start, path, missed, extra, outOfOrder },
      })),
    );
    const inexact = checks.filter(({ exact }) => !exact).map(({ start }) => start);
    expect(new Set(inexact)).toEqual(new Set(known.map(({ start }) => start)));
    for (const { comparison } of checks) expect(comparison.recordedPages).toBeGreaterThan(0);
  });

  test('with what the program did otherwise, every prediction is exact', async () => {
    const checks = await checkPages(folder, (start, settings) => {
      const difference = known.find((each) => each.start === start);
      return difference ? new PredictionWithTouch(settings, difference.touch) : new Prediction(settings);
    });
    expect(checks.filter(({ exact }) => !exact).map(({ start }) => start)).toEqual([]);
  });

  test('the model of another kernel is not exact: the recording can tell them apart', async () => {
    const checks = await checkPages(folder, (_, settings) => {
      const kernelFor = (release: string) => kernels.find((each) => each !== settings.kernelFor(release))!;
      return new Prediction({ ...settings, kernelFor });
    });
    expect(checks.find(({ start }) => start === 'readahead-16k')).toMatchObject({ exact: false });
  });
});

test('there are recordings of every kernel that has a model', async () => {
  const releases: string[] = [];
  for (const { folder } of recordings)
    for (const { kernelRelease } of await checkPages(folder)) releases.push(kernelRelease);
  expect(new Set(releases.map(kernelOf))).toEqual(new Set(kernels));
});

test('every listed difference is of a recording', () => {
  const names = recordings.map(({ guest, workload }) => `${guest}/${workload}`);
  for (const { guest, workload } of pageDifferences) expect(names).toContain(`${guest}/${workload}`);
});
