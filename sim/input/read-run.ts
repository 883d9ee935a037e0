import { sources } from '../../trio/trace/read.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { Run } from '../workload/run.ts';

/** A rich trace as a run: a file, the files of several CPUs, or a folder with them. */
export async function readRun(paths: string | readonly string[]): Promise<Run> {
  const run = new Run();
  await decodeRecords(sources(await openTrace(paths)), run);
  return run;
}
