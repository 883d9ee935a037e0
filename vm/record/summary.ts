import { z } from 'zod';
import { environmentSchema } from '../../trio/calibration/environment.ts';
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

/** `traces.json` of a golden folder: what was traced, in numbers, and all that it depends on. */
export const summarySchema = z.strictObject({
  schema: z.literal('trio.golden/1'),
  /** `modules`: the address of the kernel modules that traced. */
  environment: environmentSchema.extend({ modules: z.string() }),
  /** The traced starts; their times include the tracker's. */
  starts: z.array(z.strictObject({ name: z.string(), runningNs: count, readyNs: count })),
  runtimeImage: runtimeImageSchema,
  completeness: completenessSchema,
});

export type Summary = z.infer<typeof summarySchema>;
