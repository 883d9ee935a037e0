import { openImage } from '../../trio/image/oci-layout.ts';
import type { Traced, TraceScenario } from '../guest/protocol.ts';
import type { ErofsDisk } from '../images/erofs-disk.ts';
import type { Progress } from '../progress.ts';
import { tracedSchema } from '../qemu/messages.ts';
import { template } from '../qemu/template.ts';
import { full } from '../systems/full.ts';
import { runGuestProgram } from './guest-program.ts';
import { trackerModule, type TracePlan } from './run.ts';
import { erofsStart } from './starts.ts';

/**
 * Makes a cold start under the I/O tracker on the image as an EROFS file system (see in-guest/erofs.ts); the trace is in
 * `plan.out`, as those of `traceImage` are. The machine has the file system in the place of the registry's
 * disk: nothing is pulled.
 *
 * @throws TrioError `GUEST_FAILED`
 */
export async function traceOnErofs(
  plan: Omit<TracePlan, 'system' | 'link' | 'starts'>,
  erofs: ErofsDisk,
  progress: Progress,
): Promise<Traced> {
  const { disk, qemu, image, limits } = plan;
  const base = await template(disk, qemu, erofs.diskBytes, progress);
  const { env } = await openImage(image.layout, 'plain');
  const scenario: TraceScenario = {
    kind: 'trace',
    system: full.id,
    repository: image.name,
    args: image.command,
    readiness: image.readiness,
    link: { rttNs: 0, rateBps: 0, lossRatio: 0 }, // nobody uses it
    starts: [erofsStart],
    limitNs: limits.virtualNs,
  };
  const program = {
    path: 'trace/in-guest/erofs.ts',
    args: [JSON.stringify(scenario), ...env],
    modules: [trackerModule],
    title: `tracing ${image.name} on EROFS`,
  };
  const output = await runGuestProgram(program, plan, base, erofs.disk, progress);
  return tracedSchema.parse(JSON.parse(output));
}
