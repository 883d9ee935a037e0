import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';

/** What a prediction needs of `trio/calibration`'s schema; how a value was measured is not for it. */
const schema = z.object({
  schema: z.literal('trio.calibration/1'),
  parameters: z.array(z.object({ name: z.string(), value: z.number().nonnegative() })),
});

/** What this repository has measured. */
const ownGolden = join(import.meta.dirname, '../../golden');

/**
 * What was measured in a guest, by name: by the folder's own calibration, or, as its costs are the guest's and not the
 * workloads', by that of this repository.
 *
 * @param golden  laid out as golden/
 * @throws TrioError `NOT_CALIBRATED`, `BAD_CALIBRATION`
 */
export async function calibrationOf(golden: string, guest: string): Promise<ReadonlyMap<string, number>> {
  const own = join(golden, guest, 'calibration.json');
  const isThere = await stat(own).then(
    () => true,
    () => false,
  );
  return readCalibration(isThere ? own : join(ownGolden, guest, 'calibration.json'));
}

/**
 * What was measured in a guest, by name.
 *
 * @throws TrioError `NOT_CALIBRATED`, `BAD_CALIBRATION`
 */
export async function readCalibration(file: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrioError('NOT_CALIBRATED', `${file} cannot be read; npm run vm:calibrate makes it`, { cause });
  });
  const bad = (why: string) => new TrioError('BAD_CALIBRATION', `${file}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad('not JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  return new Map(parsed.data.parameters.map(({ name, value }) => [name, value]));
}
