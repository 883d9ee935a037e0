import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';
import {
  memoryRecordingSchema,
  type Charges,
  type MemoryRecording,
} from '../../trio/trace/memory-recording.ts';
import { sources } from '../../trio/trace/read.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { buildProgram, type GroupPages, type Program } from '../workload/program.ts';
import type { Run } from '../workload/run.ts';
import { loadLookups } from './block-lookups.ts';
import { loadWarm } from './load-program.ts';
import { readRun } from './read-run.ts';

/**
 * What is recorded of a workload's starts (a folder in golden/) in a memory cgroup.
 *
 * @throws TrioError `NO_MEMORY_RECORDING`, `BAD_RECORDING`
 */
export async function readMemoryRecording(folder: string): Promise<MemoryRecording> {
  const path = join(folder, 'memory.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TrioError(
      'NO_MEMORY_RECORDING',
      `${path} cannot be read: a start with a memory limit needs what is touched again, which the part "memory" of ` +
        'npm run golden:record is for',
      { cause },
    );
  });
  return parse(text, path);
}

/**
 * The program of a recorded workload as a trace shows it in which touches are seen again, for a start with a memory limit.
 *
 * @param folder  in golden/
 * @param number  which of the starts that were recorded so, from 0: no two are alike
 * @throws TrioError `NO_MEMORY_RECORDING`, `BAD_RECORDING`, and those of reading traces
 */
export async function loadRetouched(folder: string, number = 0): Promise<Program> {
  const { charges } = (await readMemoryRecording(folder)).retouched[number]!;
  const trace = join(folder, `retouch-${number + 1}.trace.zst`);
  const run = await readRun(trace);
  const program = buildProgram(run, await loadWarm(folder));
  const otherPages = otherPagesAt(run, charges);
  const coldPages = coldPagesIn(await insertionTimes(trace), charges);
  const lookups = await loadLookups(join(folder, `retouch-${number + 1}.lookups.json.zst`), run);
  return { ...program, group: { otherPages, lookups, coldPages } };
}

/** For each step, between what was counted before and after it. */
function otherPagesAt({ steps }: Run, charges: Charges): GroupPages['otherPages'] {
  const otherPages = new Int32Array(steps.length);
  let next = 0;
  for (let step = 0; step < steps.length; step++) {
    const timeNs = steps.timeNs[step]!;
    while (next < charges.length && charges[next]!.atNs <= timeNs) next++;
    const after = charges[next] ?? charges.at(-1);
    const before = charges[next - 1] ?? after;
    if (!before || !after) break;
    const spanNs = after.atNs - before.atNs;
    const share = spanNs > 0 ? (timeNs - before.atNs) / spanNs : 0;
    // Memory is taken bit by bit, and given back at once.
    const growth = Math.max(0, after.other - before.other);
    otherPages[step] = Math.round(before.other + share * growth);
  }
  return otherPages;
}

/**
 * Pages of the cgroup's page cache that the trace does not have: what the container's tasks inserted is less than what
 * was counted in the end. (Before, the kernel's counters lag behind.)
 */
function coldPagesIn(insertedAtNs: Float64Array, charges: Charges): number {
  const last = charges.findLast(({ file }) => file > 0);
  return last ? Math.max(0, last.file - insertedAtNs.filter((atNs) => atNs <= last.atNs).length) : 0;
}

/** When the container's tasks put pages in the page cache, in order. */
async function insertionTimes(trace: string): Promise<Float64Array> {
  const tasks = new Set<number>();
  const inserted: { tgid: number; timeNs: number }[] = [];
  await decodeRecords(sources(await openTrace(trace)), {
    read: ({ tgid }) => void tasks.add(tgid),
    fault: ({ tgid }) => void tasks.add(tgid),
    insert({ tgid, timeNs, order }) {
      for (let page = 0; page < 2 ** order; page++) inserted.push({ tgid, timeNs });
    },
  });
  return Float64Array.from(
    inserted.filter(({ tgid }) => tasks.has(tgid)),
    ({ timeNs }) => timeNs,
  );
}

function parse(text: string, path: string): MemoryRecording {
  try {
    return memoryRecordingSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : 'is no JSON';
    throw new TrioError('BAD_RECORDING', `${path}: ${why}`, { cause: error });
  }
}
