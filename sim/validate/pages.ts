import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { sources } from '../../trio/trace/read.ts';
import type { StreamHeader } from '../../trio/trace/record-stream.ts';
import { decodeRecords, type TraceVisitor } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { compareInsertions, type Comparison } from '../pagecache/comparison.ts';
import { kernelOf, type Kernel } from '../pagecache/kernel.ts';
import { Prediction, type PredictionSettings } from '../pagecache/predict.ts';
import { RecordedPages } from '../pagecache/recorded-pages.ts';
import { Replay } from '../pagecache/replay.ts';
import type { TraceFile, TraceFiles } from '../pagecache/trace-files.ts';
import { settingsOfStart } from './start-settings.ts';

const touchFile = 'touch.trace.zst';
const pagesSuffix = '.pages.zst';
/** Of a start with too little memory: see memory.ts. */
const limitedPages = 'limited.pages.zst';

/** One recorded start of a workload: what the model says comes into the page cache, beside what came. */
export interface PagesCheck {
  /** E.g. `readahead-16k`; `touch` is replayed, all others are predicted from it. */
  readonly start: string;
  readonly kernelRelease: string;
  readonly comparison: Comparison;
  /** Of the predicted pages, those that are not: tasks outside the container put them in, before it needed them. */
  readonly foreignPages: number;
  /** Of a replay: accesses before which an open file's readahead state was not the recorded one. */
  readonly statesThatDiffer: number;
  /** Every page, in every file the same order, and every state. */
  readonly exact: boolean;
}

/** Makes the visitor that predicts a start, e.g. one that changes what the program does. */
export type PredictionFor = (start: string, settings: PredictionSettings) => Prediction;

/**
 * Holds the model of the page cache against the recordings of one workload (a folder in golden/): the start `touch`
 * against its own, and from that same trace alone the pages of each start of which only the pages were recorded.
 *
 * Only the image's files: those that the container has opened for writing are of its own layer.
 *
 * @throws TrioError `UNKNOWN_START`, `UNKNOWN_KERNEL`, and those of reading traces
 */
export async function checkPages(
  folder: string,
  predictionFor: PredictionFor = (_, settings) => new Prediction(settings),
): Promise<PagesCheck[]> {
  const checks = [await replayed(folder)];
  for (const start of await startsWithPages(folder))
    checks.push(await predicted(folder, start, predictionFor));
  return checks;
}

async function startsWithPages(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(pagesSuffix) && name !== limitedPages)
    .map((name) => name.slice(0, -pagesSuffix.length))
    .sort();
}

async function replayed(folder: string): Promise<PagesCheck> {
  const replay = new Replay(modelOf);
  const { kernelRelease } = await decode(join(folder, touchFile), replay);
  const files = ofImage(replay.files);
  const recorded = files.map(({ dev, ino, path, recorded: inserted }) => ({ dev, ino, path, inserted }));
  return check({
    ...{ start: 'touch', kernelRelease },
    comparison: compareInsertions(recorded, files, 'inode'),
    foreignPages: replay.files.foreign,
    statesThatDiffer: replay.accessesThatDiffer,
  });
}

async function predicted(folder: string, start: string, predictionFor: PredictionFor): Promise<PagesCheck> {
  const recorded = new RecordedPages();
  const header = await decode(join(folder, `${start}${pagesSuffix}`), recorded);
  const { kernelRelease, faultAroundBytes, pageBytes } = header;
  const { sameFile, settingsOf } = settingsOfStart(start, modelOf(kernelRelease));
  const faultAroundPages = faultAroundBytes / pageBytes;
  const kernelFor = () => modelOf(kernelRelease);
  const prediction = predictionFor(start, { kernelFor, faultAroundPages, settingsOf });
  await decode(join(folder, touchFile), prediction);
  // A recording of pages does not tell who put them in the cache, so they are held against all that came into it.
  const cached = ofImage(prediction.files).map(({ dev, ino, path, cached: inserted }) => ({
    ...{ dev, ino, path, inserted },
  }));
  return check({
    ...{ start, kernelRelease },
    comparison: compareInsertions(recorded.inserted(), cached, sameFile),
    foreignPages: prediction.files.foreign,
    statesThatDiffer: 0,
  });
}

function ofImage({ files }: TraceFiles): TraceFile[] {
  return files.filter(({ openedForWriting }) => !openedForWriting);
}

function check(found: Omit<PagesCheck, 'exact'>): PagesCheck {
  const { jaccard, files, filesInSameOrder } = found.comparison;
  const exact = jaccard === 1 && filesInSameOrder === files.length && found.statesThatDiffer === 0;
  return { ...found, exact };
}

/** The trace's header; the streams of one trace say the same of what is asked here. */
async function decode(path: string, visitor: TraceVisitor): Promise<StreamHeader> {
  const { headers } = await decodeRecords(sources(await openTrace(path)), visitor);
  return headers[0]!;
}

function modelOf(release: string): Kernel {
  const kernel = kernelOf(release);
  if (!kernel)
    throw new TrioError('UNKNOWN_KERNEL', `there is no model of the page cache of Linux ${release}`);
  return kernel;
}
