import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TrioError } from '../errors.ts';
import type { StartSink } from '../trace/sink.ts';
import { withDrafts } from './drafts.ts';
import { pageBytes } from './layout.ts';
import { MergedView } from './merged-view.ts';
import { writeMeta } from './meta-writer.ts';
import { packData } from './pack.ts';
import { planData, type DataOrder, type Plan } from './plan.ts';
import { Recording, type Dropped } from './recording.ts';
import type { Rootfs } from './rootfs.ts';

/** The files of a runtime image in its folder. */
export const metaFile = 'trio_meta';
export const dataFile = 'trio_data';

/** What a runtime image holds, and what of its trace it does not. */
export interface BuildReport {
  readonly imageId: string;
  /** Bytes of the pages that the start touched, each counted once. */
  readonly neededBytes: number;
  readonly pages: number;
  readonly files: number;
  readonly extents: number;
  readonly dataBytes: number;
  readonly metaBytes: number;
  readonly accesses: number;
  readonly layers: readonly LayerReport[];
  readonly dropped: readonly Dropped[];
}

export interface LayerReport {
  readonly diffId: string;
  readonly files: number;
  readonly pages: number;
}

/** Tells how far a build is. */
export type Note = (text: string) => void;

/** How many bytes were fetched for each one that was needed; undefined when none was. */
export function amplification(fetchedBytes: number, neededBytes: number): number | undefined {
  return neededBytes > 0 ? fetchedBytes / neededBytes : undefined;
}

/**
 * Builds the runtime image of the start that `feed` tells, into a folder.
 *
 * @throws TrioError `NOTHING_RECORDED` and those of the trace, the root file system and the output
 */
export async function buildRuntimeImage(
  rootfs: Rootfs,
  feed: (sink: StartSink) => Promise<void>,
  folder: string,
  order: DataOrder,
  note: Note = () => {},
): Promise<BuildReport> {
  const view = new MergedView(rootfs);
  const recording = new Recording(view);
  note('reading the trace');
  await feed(recording);
  const plan = planData(recording.files(), order);
  if (plan.pages === 0) throw nothingRecorded(recording);
  return withDrafts(folder, async (create) => {
    const data = await create();
    const totalMb = megabytes(plan.pages * pageBytes);
    const packed = await packData(rootfs, plan, data.file, (doneBytes) =>
      note(`packing: ${megabytes(doneBytes)} of ${totalMb} MB`),
    );
    const meta = await create();
    const metaBytes = writeMeta(rootfs, view.used, plan, packed);
    await meta.file.writeFile(metaBytes);
    note('writing to the disk');
    await data.settle();
    await meta.settle();
    // Metadata never lies beside data that is not its own, should the machine stop here.
    rmSync(join(folder, metaFile), { force: true });
    data.publish(dataFile);
    meta.publish(metaFile);
    return report(rootfs, plan, recording, metaBytes.length);
  });
}

function report(rootfs: Rootfs, plan: Plan, recording: Recording, metaBytes: number): BuildReport {
  const layers = rootfs.layers.map(({ diffId }) => ({ diffId: hexDigest(diffId), files: 0, pages: 0 }));
  for (const { layer, ranges } of plan.files) {
    const known = layers[layer];
    if (!known) throw new Error(`there is no layer ${layer}`);
    known.files++;
    for (const { start, end } of ranges.merged()) known.pages += end - start;
  }
  return {
    imageId: hexDigest(rootfs.id),
    neededBytes: plan.pages * pageBytes,
    pages: plan.pages,
    files: plan.files.length,
    extents: plan.extents.length,
    dataBytes: plan.pages * pageBytes,
    metaBytes,
    accesses: recording.accesses,
    layers,
    dropped: recording.dropped(),
  };
}

function nothingRecorded(recording: Recording): TrioError {
  const [most] = [...recording.dropped()].sort((a, b) => b.accesses - a.accesses);
  const why = most
    ? `none of its ${recording.accesses} accesses is to a file of the image (the first: ${most.example})`
    : 'it has no accesses';
  return new TrioError('NOTHING_RECORDED', `the trace gives an empty runtime image: ${why}`);
}

function hexDigest(bytes: Uint8Array): string {
  return `sha256:${Buffer.from(bytes).toString('hex')}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
