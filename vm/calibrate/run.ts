import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { environmentOf } from '../e2e/run.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import { runInGuest } from '../guests/script.ts';
import type { Progress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import type { Qemu } from '../qemu/process.ts';
import { calibrationSchema, parseSamples, type Calibration } from './calibration.ts';
import { calibrationImages } from './images.ts';
import { parametersOf } from './parameters.ts';

const vmFolder = join(import.meta.dirname, '..');
const program = 'calibrate/in-guest.ts';

/**
 * Measures in one guest what the steps of a start cost, with images and files made for it: nothing of the workloads,
 * whose starts the costs are to predict.
 */
export async function calibrate(
  guest: Guest,
  disk: GuestDisk,
  qemu: Qemu,
  progress: Progress,
): Promise<Calibration> {
  const micro = await guest.goProgram(join(import.meta.dirname, 'go/micro.go'), progress);
  const { images, ...registry } = await calibrationImages(micro, progress);
  const dir = await mkdtemp(join(tmpdir(), 'trio-calibrate-'));
  try {
    await writeFile(join(dir, 'images.json'), JSON.stringify(images));
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(dir, 'calibrate.sh'), `exec /opt/trio/node ${program}\n`);
    const files: Record<string, string> = { micro, [program]: join(vmFolder, program) };
    for (const name of await readdir(dir)) files[name] = join(dir, name);
    // The agent's own functions do what both need.
    for (const folder of ['guest', 'systems'])
      for (const name of await readdir(join(vmFolder, folder)))
        if (name.endsWith('.ts')) files[`${folder}/${name}`] = join(vmFolder, folder, name);
    const { status, output } = await runInGuest(
      ...([disk, qemu, files, 'calibrate.sh', defaultLimits, progress, registry] as const),
    );
    if (status !== 0) throw new TrioError('GUEST_FAILED', `the calibration failed in the guest:\n${output}`);
    const samples = parseSamples(output);
    return calibrationSchema.parse({
      schema: 'trio.calibration/1',
      environment: environmentOf({ guest, disk, qemu }, images),
      parameters: parametersOf(samples),
      samples,
    } satisfies Calibration);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
