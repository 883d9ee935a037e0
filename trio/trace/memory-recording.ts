import { z } from 'zod';

const count = z.int().nonnegative();

/**
 * At times of a start's trace, what its cgroup was charged for (memory.stat): page cache of files, shared memory (runc's
 * copy of itself, at first), and all else (anonymous, the kernel's).
 */
export const chargesSchema = z.array(
  z.strictObject({ atNs: count, file: count, shared: count, other: count }),
);

/** What is recorded of starts in a memory cgroup beside their traces; all in pages of 4 KiB. */
export const memoryRecordingSchema = z.object({
  schema: z.literal('trio.golden-memory/2'),
  /** In virtual time, how often a touch of a page that is mapped was seen again. */
  retouchIntervalUs: z.int().positive(),
  /** Of the start `limited`: memory.max. */
  limitPages: count,
  /** Of the starts `retouch-1`, `retouch-2` and so on. */
  retouched: z.array(z.strictObject({ charges: chargesSchema })).min(1),
  /**
   * Of the start `limited`: pages that came in again, and that went (memory.stat, `workingset_refault_file`, `pgsteal`);
   * the file system's own metadata is among them.
   */
  limited: z.strictObject({ refaultPages: count, stolenPages: count }),
  /**
   * Of starts with a limit a little lower and a little higher: pages of the image's files that went, and that came in
   * again.
   */
  near: z.array(z.strictObject({ limitPages: count, evictedPages: count, refaultPages: count })),
});

export type Charges = z.infer<typeof chargesSchema>;
export type MemoryRecording = z.infer<typeof memoryRecordingSchema>;
