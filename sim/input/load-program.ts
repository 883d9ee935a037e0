import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import { buildProgram, type Program, type Warm } from '../workload/program.ts';
import { readRun } from './read-run.ts';

/** Of a recording's traces.json, what is needed here. */
const summarySchema = z.object({
  starts: z.array(z.object({ name: z.string(), readyNs: z.int().nonnegative() })),
});

/**
 * The program of a recorded workload (a folder in golden/). Without `warm.trace.zst` there, it has no times.
 *
 * @throws TrioError `BAD_RECORDING`, and those of reading traces and of {@link buildProgram}
 */
export async function loadProgram(folder: string): Promise<Program> {
  return buildProgram(await readRun(join(folder, 'touch.trace.zst')), await loadWarm(folder));
}

/** The warm start of a recorded workload; undefined: none was recorded. */
export async function loadWarm(folder: string): Promise<Warm | undefined> {
  const file = join(folder, 'warm.trace.zst');
  if (!(await exists(file))) return undefined;
  return { readyNs: await warmReadyNs(join(folder, 'traces.json')), run: await readRun(file) };
}

async function warmReadyNs(path: string): Promise<number> {
  const bad = (why: string, cause?: unknown) => new TrioError('BAD_RECORDING', `${path}: ${why}`, { cause });
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw bad('cannot be read, and the warm start needs it', error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw bad('is no JSON', error);
  }
  const summary = summarySchema.safeParse(json);
  if (!summary.success) throw bad(z.prettifyError(summary.error));
  const warm = summary.data.starts.find(({ name }) => name === 'warm');
  if (!warm) throw bad('has no start "warm"');
  return warm.readyNs;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
