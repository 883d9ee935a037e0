import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openImage } from '../../trio/image/oci-layout.ts';
import { TrioError } from '../../trio/errors.ts';
import type { Traced, TraceScenario } from '../guest/protocol.ts';
import { makePayload } from '../guests/payload.ts';
import { programFiles } from '../guests/program-files.ts';
import type { ErofsDisk } from '../images/erofs-disk.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { tracedSchema } from '../qemu/messages.ts';
import { runScenario } from '../qemu/run.ts';
import { template } from '../qemu/template.ts';
import { full } from '../systems/full.ts';
import { trackerModule, type TracePlan } from './run.ts';
import { erofsStart } from './starts.ts';

const program = 'trace/in-guest/erofs.ts';
const script = 'erofs.sh';

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
  const { guest, disk, qemu, image, limits, out } = plan;
  const modules = await guest.kernelModules(disk.kernelRelease, progress);
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
  const dir = await mkdtemp(join(tmpdir(), 'trio-erofs-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    const words = [JSON.stringify(scenario), ...env].map(quote).join(' ');
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(dir, script), `exec /opt/trio/node ${program} ${words}\n`);
    const files = await programFiles(dirname(program));
    files[trackerModule] = join(modules, trackerModule);
    for (const name of ['package.json', script]) files[name] = join(dir, name);
    const payload = join(dir, 'payload.img');
    await makePayload(files, payload);
    const { result } = await progress.stage(`tracing ${image.name} on EROFS`, (note) =>
      runScenario(
        ...([disk, base, qemu] as const),
        { kind: 'script', script, limitNs: limits.virtualNs },
        ...([erofs.disk, out, limits, note] as const),
        { payload, outputFolder: out },
      ),
    );
    if (result.type !== 'script') throw new Error(`the guest answered with "${result.type}"`);
    if (result.status !== 0)
      throw new TrioError('GUEST_FAILED', `the start on EROFS failed in the guest:\n${result.output}`);
    return tracedSchema.parse(JSON.parse(result.output.trim().split('\n').at(-1) ?? ''));
  } finally {
    forget();
    await remove();
  }
}

/** One word for the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
