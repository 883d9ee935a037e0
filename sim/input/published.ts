import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { usageError } from '../../trio/errors.ts';
import type { Published } from '../published/table.ts';

const positive = z.number().positive();

const publishedSchema = z.strictObject({
  schema: z.literal('trio.published/1'),
  what: z.string(),
  source: z.string(),
  setup: z.strictObject({ network: z.string(), host: z.string(), unknown: z.array(z.string()) }),
  rows: z
    .array(
      z.strictObject({
        system: z.string(),
        deployS: positive,
        runningS: positive,
        readyS: positive,
        totalS: positive,
        amplification: positive,
        packets: positive,
      }),
    )
    .min(1),
  claims: z.strictObject({
    timesFasterThanFull: positive,
    timesFasterThanLazy: positive,
    timesLessData: positive,
  }),
});

const fitSchema = z.strictObject({
  schema: z.literal('trio.published-fit/1'),
  values: z.record(z.string(), positive),
});

/** @throws TrioError `BAD_PUBLISHED` */
export async function readPublished(file: string): Promise<Published> {
  return read(file, publishedSchema);
}

/**
 * What `compare --profile NAME --fit` has written: a value for each fitted parameter.
 *
 * @throws TrioError `BAD_PUBLISHED`
 */
export async function readFit(file: string): Promise<Readonly<Record<string, number>>> {
  return (await read(file, fitSchema)).values;
}

async function read<S extends z.ZodType>(file: string, schema: S): Promise<z.infer<S>> {
  const bad = (why: string) => usageError('BAD_PUBLISHED', `${file}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw bad(error instanceof SyntaxError ? 'not JSON' : (error as Error).message);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  return parsed.data;
}
