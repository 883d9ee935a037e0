import { z } from 'zod';
import { environmentSchema } from '../../trio/calibration/environment.ts';
import { memoryRecordingSchema } from '../../trio/trace/memory-recording.ts';
import { erofsFactsSchema } from '../images/erofs-disk.ts';
import { completenessSchema } from './completeness.ts';

const count = z.int().nonnegative();
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What the builder says of a runtime image (trio/image/build.ts). */
const runtimeImageSchema = z.strictObject({
  imageId: digest,
  neededBytes: count,
  pages: count,
  files: count,
  extents: count,
  dataBytes: count,
  metaBytes: count,
  accesses: count,
  layers: z.array(z.strictObject({ diffId: digest, files: count, pages: count })),
  dropped: z.array(
    z.strictObject({ reason: z.string(), accesses: count, paths: count, example: z.string() }),
  ),
});

/** `modules`: the address of the kernel modules that traced. */
const tracedEnvironment = environmentSchema.extend({ modules: z.string() });

/** Traced starts; their times include the tracker's. */
const starts = z.array(z.strictObject({ name: z.string(), runningNs: count, readyNs: count }));

/** `traces.json` of a golden folder: what was traced, in numbers, and all that it depends on. */
export const summarySchema = z.strictObject({
  schema: z.literal('trio.golden/1'),
  environment: tracedEnvironment,
  starts,
  runtimeImage: runtimeImageSchema,
  completeness: completenessSchema,
});

export type Summary = z.infer<typeof summarySchema>;

/** `erofs.json` of a golden folder: all that the start on EROFS depends on. */
export const erofsSummarySchema = z.strictObject({
  schema: z.literal('trio.golden-erofs/1'),
  /** `erofs`: the file system, and what it was made with. */
  environment: tracedEnvironment.extend({ erofs: erofsFactsSchema }),
  starts,
});

/** `memory.json` of a golden folder: the starts with too little memory. */
export const memorySummarySchema = z.strictObject({
  ...memoryRecordingSchema.shape,
  environment: tracedEnvironment,
  starts,
});

export type ErofsSummary = z.infer<typeof erofsSummarySchema>;
