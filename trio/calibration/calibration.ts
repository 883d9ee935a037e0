import { z } from 'zod';
import { TrioError } from '../errors.ts';
import { environmentSchema } from './environment.ts';

const sampleSchema = z.strictObject({
  series: z.string(),
  /**
   * Quantity → how many of it were done in the time. A quantity with a dot (`registry-blob.requests`) is a parameter
   * of another series: what it costs is known from there, and not fitted again.
   */
  x: z.record(z.string(), z.number().nonnegative()),
  /** Virtual time, the median of several runs. */
  ns: z.int().positive(),
  /** Not fitted: held against what the fit predicts. */
  check: z.boolean(),
});

/** One measurement: what was done, and the time that it took together. */
export type CalibrationSample = z.infer<typeof sampleSchema>;

const parameterSchema = z.strictObject({
  /** `series.quantity`. */
  name: z.string(),
  /** 0 where it is too little to be told from noise; `how` says so then. */
  value: z.number().nonnegative(),
  unit: z.string(),
  how: z.string(),
  /** Of the series' samples that the fit has not seen, the largest |predicted − measured| / measured. */
  checkError: z.number().nonnegative(),
});

/** One measured cost. */
export type Parameter = z.infer<typeof parameterSchema>;

/** What steps of a container's start cost in one guest, measured by themselves: `golden/<guest>/calibration.json`. */
export const calibrationSchema = z.strictObject({
  schema: z.literal('trio.calibration/1'),
  environment: environmentSchema,
  parameters: z.array(parameterSchema),
  /** All that the parameters were computed from. */
  samples: z.array(sampleSchema),
});

export type Calibration = z.infer<typeof calibrationSchema>;

/**
 * Reads the samples that a script in the guest printed, one a line.
 *
 * @throws TrioError `BAD_SAMPLE` when a line is none
 */
export function parseSamples(output: string): CalibrationSample[] {
  return output
    .trim()
    .split('\n')
    .map((line) => {
      try {
        return sampleSchema.parse(JSON.parse(line));
      } catch (cause) {
        throw new TrioError('BAD_SAMPLE', `the guest printed no sample: ${line}`, { cause });
      }
    });
}
