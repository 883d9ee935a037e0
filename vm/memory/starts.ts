import { z } from 'zod';
import { chargesSchema } from '../../trio/trace/memory-recording.ts';
import type { TraceScenario } from '../guest/protocol.ts';
import type { Progress } from '../progress.ts';
import { tracedSchema } from '../qemu/messages.ts';
import { template } from '../qemu/template.ts';
import { full } from '../systems/full.ts';
import { runGuestProgram } from '../trace/guest-program.ts';
import { trackerModule, type TracePlan } from '../trace/run.ts';

export const retouchModule = 'rio_retouch.ko';

/** How many times in a start without a limit, from running to ready, every touch is seen again. */
const retouchIntervals = 50;

const count = z.int().nonnegative();

/** A start in a memory cgroup, in pages. */
const startSchema = tracedSchema.extend({
  /** What the cgroup was charged for, every 5 ms. */
  charges: chargesSchema,
  /** memory.stat when it was ready. */
  stat: z.record(z.string(), count),
});

const resultSchema = z.strictObject({
  /** memory.max of `limited`. */
  limitPages: count,
  retouchIntervalUs: z.int().positive(),
  free: startSchema,
  retouched: z.array(startSchema).min(1),
  limited: startSchema,
  /** As `limited`, with other limits. */
  near: z.array(z.strictObject({ limitPages: count, start: startSchema })),
});

export type LimitedStarts = z.infer<typeof resultSchema>;

/**
 * Makes cold starts of an unpacked image (system `full`, caches dropped), each in a memory cgroup: without a limit, some
 * with every touch in the trace, with room for half of its file pages, and for some pages less and more. The traces are in `plan.out`, as those of
 * `traceImage` are.
 *
 * @throws TrioError `GUEST_FAILED`
 */
export async function limitedStarts(
  plan: Omit<TracePlan, 'system' | 'link' | 'starts'>,
  progress: Progress,
): Promise<LimitedStarts> {
  const { disk, qemu, image, limits } = plan;
  const base = await template(disk, qemu, image.registryDiskBytes, progress);
  const scenario: TraceScenario = {
    kind: 'trace',
    system: full.id,
    repository: image.name,
    args: image.args,
    readiness: image.readiness,
    link: { rttNs: 0, rateBps: 0, lossRatio: 0 },
    starts: [],
    limitNs: limits.virtualNs,
  };
  const program = {
    path: 'memory/in-guest/starts.ts',
    args: [JSON.stringify(scenario), String(retouchIntervals)],
    modules: [trackerModule, retouchModule],
    title: `starting ${image.name} with half its memory`,
  };
  const output = await runGuestProgram(program, plan, base, image.registryDisk, progress);
  return resultSchema.parse(JSON.parse(output));
}
