import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One run of the VM as it is on disk. */
export interface Run {
  /** What the command printed with `--json`. */
  readonly jsonFile: string;
  /** What it wrote with `--out`. */
  readonly outFolder: string;
}

/**
 * Says how two runs of the same command differ; an empty list means that they are the same, byte for byte.
 *
 * Compared are the printed JSON and each `requests.ndjson`, the registry's log. Runs without any such log, or
 * that printed nothing, prove nothing: that is a difference too.
 */
export async function compareRuns(first: Run, second: Run): Promise<string[]> {
  const differences: string[] = [];
  const compare = async (name: string, a: string, b: string) => {
    const [left, right] = await Promise.all([readFile(a), readFile(b)]);
    if (left.length === 0 && right.length === 0) differences.push(`${name}: empty in both runs`);
    else if (!left.equals(right)) differences.push(`${name}: differs ${whereTheyPart(left, right)}`);
  };
  await compare('JSON output', first.jsonFile, second.jsonFile);

  const [left, right] = await Promise.all([requestLogs(first.outFolder), requestLogs(second.outFolder)]);
  for (const log of [...new Set([...left, ...right])].sort()) {
    if (!left.includes(log)) differences.push(`${log}: only in the second run`);
    else if (!right.includes(log)) differences.push(`${log}: only in the first run`);
    else await compare(log, join(first.outFolder, log), join(second.outFolder, log));
  }
  if (left.length + right.length === 0) differences.push('no requests.ndjson in either run');
  return differences;
}

async function requestLogs(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths.filter((path) => path.split('/').at(-1) === 'requests.ndjson');
}

function whereTheyPart(left: Buffer, right: Buffer): string {
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && left[at] === right[at]) at += 1;
  const line = left.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
  return `at byte ${at} (line ${line}; ${left.length} and ${right.length} bytes)`;
}
