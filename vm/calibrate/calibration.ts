import { z } from 'zod';
import { environmentSchema } from '../e2e/figures.ts';

const sampleSchema = z.strictObject({
  series: z.string(),
  /** Quantity → how many of it were done in the time. */
  x: z.record(z.string(), z.int().nonnegative()),
  /** Virtual time, the median of several runs. */
  ns: z.int().positive(),
  check: z.boolean(),
});

/** What the programs in the guest print, one a line. */
export type SeriesSample = z.infer<typeof sampleSchema>;

const parameterSchema = z.strictObject({
  /** `series.quantity`. */
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  how: z.string(),
  /** Of the samples that the fit has not seen, the largest |predicted − measured| / measured. */
  checkError: z.number().nonnegative(),
});

/** One measured cost. */
export type Parameter = z.infer<typeof parameterSchema>;

/** What steps of a container's start cost in one guest, measured by themselves: `golden/<guest>/calibration.json`. */
export const calibrationSchema = z.strictObject({
  schema: z.literal('trio.calibration/1'),
  environment: environmentSchema.omit({ net: true }),
  parameters: z.array(parameterSchema),
  /** All that the parameters were computed from. */
  samples: z.array(sampleSchema),
});

export type Calibration = z.infer<typeof calibrationSchema>;

/**
 * Reads the samples that a script in the guest printed.
 *
 * @throws Error (from zod or JSON.parse) when a line is none
 */
export function parseSamples(output: string): SeriesSample[] {
  return output
    .trim()
    .split('\n')
    .map((line) => sampleSchema.parse(JSON.parse(line)));
}
