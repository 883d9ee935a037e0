import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import { sources } from '../../trio/trace/read.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { buildProgram, type Program } from '../workload/program.ts';
import { Run } from '../workload/run.ts';

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
  const touch = await readRun(join(folder, 'touch.trace.zst'));
  const warmFile = join(folder, 'warm.trace.zst');
  if (!(await exists(warmFile))) return buildProgram(touch);
  const readyNs = await warmReadyNs(join(folder, 'traces.json'));
  return buildProgram(touch, { run: await readRun(warmFile), readyNs });
}

/** A rich trace as a run: a file, the files of several CPUs, or a folder with them. */
export async function readRun(paths: string | readonly string[]): Promise<Run> {
  const run = new Run();
  await decodeRecords(sources(await openTrace(paths)), run);
  return run;
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
