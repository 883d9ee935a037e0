import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import {
  calibrationSchema,
  parseSamples,
  type Calibration,
  type CalibrationSample,
} from '../../trio/calibration/calibration.ts';
import { TrioError } from '../../trio/errors.ts';
import { environmentOf } from '../e2e/run.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import { programFiles } from '../guests/program-files.ts';
import { runInGuest } from '../guests/script.ts';
import type { Progress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import type { Qemu } from '../qemu/process.ts';
import { spinProgram } from './static-programs.ts';
import { calibrationImages, type CalibrationImages } from './images.ts';
import { parts, spinFile, type Part } from './in-guest/parts.ts';
import { parametersOf } from './parameters.ts';

const program = 'calibrate/in-guest/main.ts';
/** They share nothing, and each has one CPU. */
const guestsAtOnce = 2;

/**
 * Measures in one guest what the steps of a start cost, with images and files made for it: nothing of the workloads,
 * whose starts the costs are to predict.
 *
 * @param chosen  the parts to measure
 * @param before  where the others are from
 * @throws TrioError `GUEST_FAILED`, `OTHER_ENVIRONMENT`
 */
export async function calibrate(
  guest: Guest,
  disk: GuestDisk,
  qemu: Qemu,
  progress: Progress,
  chosen: readonly Part[] = parts,
  before?: Calibration,
): Promise<Calibration> {
  const images = await calibrationImages(progress);
  const micro = await guest.goProgram('micro', join(import.meta.dirname, 'go'), progress);
  const limit = pLimit(guestsAtOnce);
  const sampled = chosen.map((part) =>
    limit(() => sampleInGuest({ disk, qemu, micro, images }, part, progress)),
  );
  const found = (await Promise.all(sampled)).flat();
  const environment = environmentOf({ guest, disk, qemu }, images.images);
  const kept = before === undefined ? [] : samplesToKeep(before, environment, found);
  const samples = [...kept, ...found];
  return calibrationSchema.parse({
    schema: 'trio.calibration/1',
    environment,
    parameters: parametersOf(samples),
    samples,
  } satisfies Calibration);
}

/**
 * What was measured before, of the series that were not measured anew. Images may have been added for these.
 *
 * @throws TrioError `OTHER_ENVIRONMENT`
 */
export function samplesToKeep(
  before: Pick<Calibration, 'environment' | 'samples'>,
  environment: Calibration['environment'],
  found: readonly CalibrationSample[],
): CalibrationSample[] {
  const isAdded = (name: string) => !(name in before.environment.images);
  const images = Object.entries(environment.images).filter(([name]) => !isAdded(name));
  if (!isDeepStrictEqual({ ...environment, images: Object.fromEntries(images) }, before.environment))
    throw new TrioError(
      'OTHER_ENVIRONMENT',
      'the calibration there is of another environment: its parts cannot be mixed with new ones; measure all of them',
    );
  const again = new Set(found.map(({ series }) => series));
  return before.samples.filter(({ series }) => !again.has(series));
}

/** Has a guest measure one part. */
export async function sampleInGuest(
  setting: Readonly<{ disk: GuestDisk; qemu: Qemu; micro: string; images: CalibrationImages }>,
  part: Part,
  progress: Progress,
): Promise<CalibrationSample[]> {
  const { disk, qemu, micro } = setting;
  const { images, ...registry } = setting.images;
  const script = `calibrate-${part}.sh`; // its name is what the progress shows
  const dir = await mkdtemp(join(tmpdir(), 'trio-calibrate-'));
  try {
    await writeFile(join(dir, 'images.json'), JSON.stringify(images));
    await writeFile(join(dir, spinFile), spinProgram(), { mode: 0o755 });
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(dir, script), `exec /opt/trio/node ${program} ${part}\n`);
    const files = await programFiles(dirname(program));
    files['micro'] = micro;
    for (const name of await readdir(dir)) files[name] = join(dir, name);
    const { status, output } = await runInGuest(
      ...([disk, qemu, files, script, defaultLimits, progress, registry] as const),
    );
    if (status !== 0) throw new TrioError('GUEST_FAILED', `the calibration failed in the guest:\n${output}`);
    return parseSamples(output);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
