import { z } from 'zod';
import { environmentSchema as networklessSchema } from '../../trio/calibration/environment.ts';
import { measuredSchema, trafficSchema } from '../qemu/messages.ts';

const ns = z.int().nonnegative();
const count = z.int().nonnegative();

/** Figures of a start that samples are taken of; recordings made before 2026-12 have samples of the times alone. */
export const sampledMetrics = [
  'deployNs',
  'runningNs',
  'readyNs',
  'totalNs',
  'warmTotalNs',
  'registry.requests',
  'registry.bytes',
] as const;

export type SampledMetric = (typeof sampledMetrics)[number];

/** Statistics of one metric over the perturbed runs, in the metric's unit. */
export const spreadSchema = z.strictObject({
  median: z.number(),
  min: z.number(),
  max: z.number(),
  /** Sample standard deviation. */
  stddev: z.number(),
  /** 95 % confidence interval of the mean (Student's t). */
  ci95: z.tuple([z.number(), z.number()]),
});

export const profileSchema = z.strictObject({
  profile: z.string(),
  rttNs: ns,
  rateBps: z.number().positive(),
  lossRatio: z.number().min(0).max(1),
});

/** One start of one workload under one system. */
export const resultSchema = z.strictObject({
  workload: z.string(),
  system: z.string(),
  deployNs: ns,
  runningNs: ns,
  readyNs: ns,
  totalNs: ns,
  warm: measuredSchema.shape.warm,
  /** Wire traffic of the cold start, under the profile's name; packets are segments. */
  net: trafficSchema.extend({ profile: z.string() }),
  /** Requests begun before the container was ready, and the bytes of their bodies. */
  registry: z.strictObject({ requests: count, bytes: count }),
  /** Unique page bytes of the image that a start touches, counted by the I/O tracker in a start of its own. */
  neededBytes: count,
  /** Registry bytes / needed bytes. */
  amplification: z.number().nonnegative(),
  disk: measuredSchema.shape.disk,
  memory: measuredSchema.shape.memory,
  samples: z
    .strictObject({ count, seed: z.string(), metrics: z.partialRecord(z.enum(sampledMetrics), spreadSchema) })
    .optional(),
});

/** All that results depend on: identical environments give identical results, to the byte. */
export const environmentSchema = networklessSchema.extend({ net: profileSchema });

/** The output of `vm:e2e --json`. */
export const figuresSchema = z.strictObject({
  schema: z.literal('trio.e2e/1'),
  environment: environmentSchema,
  results: z.array(resultSchema),
});

export type Spread = z.infer<typeof spreadSchema>;
export type Result = z.infer<typeof resultSchema>;
export type Environment = z.infer<typeof environmentSchema>;
export type Figures = z.infer<typeof figuresSchema>;
