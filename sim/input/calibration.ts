import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';

const schema = z.object({
  schema: z.literal('trio.calibration/1'),
  parameters: z.array(z.object({ name: z.string(), value: z.number(), checkError: z.number() })),
});

/**
 * What was measured in a guest, by name.
 *
 * @throws TrioError `NOT_CALIBRATED`, `BAD_CALIBRATION`
 */
export async function readCalibration(file: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrioError('NOT_CALIBRATED', `${file} cannot be read; npm run vm:calibrate makes it`, { cause });
  });
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new TrioError('BAD_CALIBRATION', `${file}: ${z.prettifyError(parsed.error)}`);
  return new Map(parsed.data.parameters.map(({ name, value }) => [name, value]));
}
