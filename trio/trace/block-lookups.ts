import { z } from 'zod';
import { TrioError } from '../errors.ts';

const count = z.int().nonnegative();

/**
 * Lookups of blocks of file systems in the page cache of their devices (folio_mark_accessed), by any task, in order.
 * The columns are of one length.
 */
const blockLookupsSchema = z
  .strictObject({
    schema: z.literal('trio.block-lookups/1'),
    /** On the clock of the trace beside it, rounded up to microseconds. */
    atUs: z.array(count),
    /** The inode number of the block device, as traces have it. */
    device: z.array(count),
    page: z.array(count),
  })
  .refine(({ atUs, device, page }) => atUs.length === device.length && atUs.length === page.length, {
    error: 'the columns differ in length',
  })
  .refine(({ atUs }) => atUs.every((at, i) => i === 0 || at >= atUs[i - 1]!), {
    error: 'the lookups are not in order',
  });

export type BlockLookups = z.infer<typeof blockLookupsSchema>;

/** @param place  where it is from, for people. @throws TrioError `BAD_RECORDING` */
export function parseLookups(json: string, place: string): BlockLookups {
  try {
    return blockLookupsSchema.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : 'is no JSON';
    throw new TrioError('BAD_RECORDING', `${place}: ${why}`, { cause: error });
  }
}
