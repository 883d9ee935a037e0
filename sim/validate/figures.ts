import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';

const count = z.number().nonnegative();

/** What is compared of `trio.e2e/1`. */
const figuresSchema = z.object({
  schema: z.literal('trio.e2e/1'),
  environment: z.object({
    kernel: z.string(),
    net: z.object({ rttNs: count, rateBps: z.number().positive(), lossRatio: count }),
  }),
  results: z.array(
    z.object({
      system: z.string(),
      deployNs: count,
      runningNs: count,
      readyNs: count,
      totalNs: count,
      warm: z.object({ runningNs: count, readyNs: count }),
      net: z.object({ rxBytes: count, rxPackets: count, txBytes: count, txPackets: count }),
      registry: z.object({ requests: count, bytes: count }),
      neededBytes: count.optional(),
      // Of more starts with other layouts, if there were any.
      samples: z.object({ metrics: z.record(z.string(), z.object({ median: count })) }).optional(),
    }),
  ),
});

/** What the VM measured of one workload on one network. */
export type Figures = z.infer<typeof figuresSchema>;
export type Figure = Figures['results'][number];

/**
 * Reads `figures-NET.json`; undefined if there is none.
 *
 * @throws TrioError `BAD_FIGURES`
 */
export async function readFigures(folder: string, net: string): Promise<Figures | undefined> {
  const file = join(folder, `figures-${net}.json`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const bad = (why: string) => new TrioError('BAD_FIGURES', `${file}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad('not JSON');
  }
  const parsed = figuresSchema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  return parsed.data;
}
