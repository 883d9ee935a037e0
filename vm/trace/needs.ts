import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import { pageBytes, TouchedPages } from '../../trio/trace/touched-pages.ts';
import { readStartTrace } from '../../trio/trace/read.ts';
import { cached } from '../cache/cache.ts';
import { parseNetwork } from '../../trio/network/profile.ts';
import type { Progress } from '../progress.ts';
import { touchStart } from './starts.ts';
import { traceImage, trackerPayload, type TracePlan } from './run.ts';

const needsSchema = z.strictObject({
  /** Files of the image of which the start touched at least one page. */
  files: z.int().nonnegative(),
  /** Pages touched, each counted once. */
  pages: z.int().nonnegative(),
  /** The same in bytes: what a start needs of its image. */
  bytes: z.int().nonnegative(),
});

/** What a start needs of its image. */
export type Needs = z.infer<typeof needsSchema>;

/** The network of these starts, whatever the measured ones use: it may move a page, and the answer is one. */
const { rttNs, rateBps, lossRatio } = parseNetwork('lan10g');

/**
 * What a start of the image touches, from a start under the I/O tracker; made once for all that the answer depends on.
 *
 * @param plan  `out` gets the console's log, which stays when the start fails
 * @throws TrioError `TRACE_LOST` when the tracker had no room for all records
 */
export async function imageNeeds(
  plan: Omit<TracePlan, 'starts' | 'link'>,
  progress: Progress,
): Promise<Needs> {
  const { image, system, out } = plan;
  const recipe = {
    disk: plan.disk.contentSha256,
    payload: basename(join(await trackerPayload(plan.guest, plan.disk, progress), '..')),
    qemu: plan.qemu.version,
    image: image.tags[system.tag].manifestDigest,
    run: { args: image.args, readiness: image.readiness, system: system.id },
    start: touchStart,
    limitNs: plan.limits.virtualNs,
    version: 2,
  };
  const entry = { kind: 'needs', name: `${plan.guest.id}-${image.name}`, recipe };
  const dir = await cached(entry, progress, async (partial) => {
    const [traced] = await traceImage(
      { ...plan, link: { rttNs, rateBps, lossRatio }, starts: [touchStart] },
      progress,
    );
    if (!traced || traced.drops > 0)
      throw new TrioError(
        'TRACE_LOST',
        `the I/O tracker lost ${traced?.drops ?? 0} records of ${image.name}`,
      );
    const touched = new TouchedPages();
    await readStartTrace([join(out, touchStart.name, 'events0')], touched);
    await rm(out, { recursive: true });
    const needs = { files: touched.files, pages: touched.pages, bytes: touched.pages * pageBytes };
    await writeFile(join(partial, 'needs.json'), JSON.stringify(needs));
  });
  return needsSchema.parse(JSON.parse(await readFile(join(dir, 'needs.json'), 'utf8')));
}
