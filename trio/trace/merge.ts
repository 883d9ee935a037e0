import { stat } from 'node:fs/promises';
import { usageError } from '../errors.ts';
import { Needed, type NeededFile } from './needed.ts';
import { cut, intersection, type Ranges } from './range-set.ts';
import { readStartTrace } from './read.ts';
import type { StartSink } from './sink.ts';
import { traceFilesAt, type ReadOptions } from './trace-file.ts';

/** Takes the ranges of the merged trace, one by one. */
export type RangeOutput = (path: string, ino: number, offsetBytes: number, lengthBytes: number) => void;

/**
 * The ranges that any of the runs needed (`union`) or that all did (`intersection`), each byte once, in order of first
 * use: those of the first run as it came to them, then what the second one needed beyond them, and so on. A file's
 * inode number is that of its first access. The same runs in the same order give the same ranges.
 *
 * @param runs  per run, a file or a folder of the streams of all CPUs
 * @returns what is to be known of how the runs were recorded, see `TraceSummary.warnings`
 */
export async function mergeTraces(
  runs: readonly string[],
  how: 'union' | 'intersection',
  output: RangeOutput,
  options: ReadOptions = {},
): Promise<string[]> {
  const warnings: string[] = [];
  const read = async (run: string, needed: Needed, onNew?: RangeOutput) => {
    const summary = await readStartTrace(run, sinkOf(needed, onNew), options);
    warnings.push(...summary.warnings.map((warning) => `${run}: ${warning}`));
  };
  if (how === 'union') {
    const all = new Needed();
    for (const run of runs) await read(run, all, output);
    return warnings;
  }
  const [first] = runs;
  if (first === undefined) return warnings;
  for (const path of await traceFilesAt(first))
    if (!(await stat(path)).isFile())
      throw usageError('TRACE_FROM_PIPE', `${path} is no regular file, and the first run is read twice`);
  const common = await commonRanges(runs, read);
  // Once more through the first run, for its order.
  const order = new Needed();
  await readStartTrace(
    first,
    sinkOf(order, (path, ino, offsetBytes, lengthBytes) => {
      cut(common.get(path) ?? [], offsetBytes, offsetBytes + lengthBytes, (start, end) =>
        output(path, ino, start, end - start),
      );
    }),
    options,
  );
  return warnings;
}

/** A sink that gathers, and says which ranges are new. */
function sinkOf(needed: Needed, onNew?: RangeOutput): StartSink<NeededFile> {
  return {
    file: (path) => needed.file(path),
    access: (file, ino, offsetBytes, lengthBytes) =>
      needed.access(
        file,
        ino,
        offsetBytes,
        lengthBytes,
        onNew && ((start, end) => onNew(file.path, file.ino ?? ino, start, end - start)),
      ),
    name: () => {},
  };
}

async function commonRanges(
  runs: readonly string[],
  read: (run: string, needed: Needed) => Promise<void>,
): Promise<Map<string, Ranges>> {
  let common: Map<string, Ranges> | undefined;
  for (const run of runs) {
    const needed = new Needed();
    await read(run, needed);
    const next = new Map<string, Ranges>();
    for (const [path, { set }] of needed.files) {
      const both = common ? intersection(common.get(path) ?? [], set.ranges) : set.ranges;
      if (both.length > 0) next.set(path, both);
    }
    common = next;
  }
  return common ?? new Map<string, Ranges>();
}
