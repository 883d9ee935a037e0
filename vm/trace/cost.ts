import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import type { StartScenario } from '../guest/protocol.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import { programFiles } from '../guests/program-files.ts';
import { runInGuest } from '../guests/script.ts';
import type { BuiltImage } from '../images/index.ts';
import type { Progress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import type { Qemu } from '../qemu/process.ts';
import { trackerModule } from './run.ts';

const costSchema = z.array(
  z.strictObject({
    mode: z.enum(['absent', 'disabled', 'text', 'rich']),
    /** From `ctr run` to ready, everything cached; the median of several. */
    startNs: z.int().positive(),
    /** Time of `reads` reads of 4 KiB from the page cache, by dd in a container. */
    readLoopNs: z.int().positive(),
    reads: z.int().positive(),
    drops: z.int().nonnegative(),
  }),
);

/** What starts and reads take with the tracker in each of its modes, in virtual time. */
export type TrackerCost = z.infer<typeof costSchema>;

const program = 'trace/in-guest/cost.ts';

/** Measures what the I/O tracker costs, in one guest, one mode after the other (see in-guest/cost.ts). */
export async function trackerCost(
  guest: Guest,
  disk: GuestDisk,
  qemu: Qemu,
  image: BuiltImage,
  progress: Progress,
): Promise<TrackerCost> {
  const modules = await guest.kernelModules(disk.kernelRelease, progress);
  const scenario: StartScenario = {
    kind: 'start',
    system: 'full',
    repository: image.name,
    args: image.args,
    readiness: image.readiness,
    link: { rttNs: 0, rateBps: 1e10, lossRatio: 0 },
    limitNs: 0,
  };
  const dir = await mkdtemp(join(tmpdir(), 'trio-cost-'));
  try {
    await writeFile(join(dir, 'scenario.json'), JSON.stringify(scenario));
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(dir, 'cost.sh'), `exec /opt/trio/node ${program} "$(cat scenario.json)"\n`);
    const files = await programFiles(dirname(program));
    files[trackerModule] = join(modules, trackerModule);
    for (const name of await readdir(dir)) files[name] = join(dir, name);
    const { status, output } = await runInGuest(
      ...([disk, qemu, files, 'cost.sh', defaultLimits, progress, image] as const),
    );
    if (status !== 0) throw new TrioError('GUEST_FAILED', `the measurement failed in the guest:\n${output}`);
    return costSchema.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
