import { Needed } from './needed.ts';
import { readStartTrace, type TraceSummary } from './read.ts';
import { typeName } from './records.ts';
import type { ReadOptions } from './trace-file.ts';

/** What is in a trace; `trio trace stat --json` prints it. */
export interface TraceStat extends TraceSummary {
  readonly schema: 'trio.trace-stat/1';
  /** Records per type, by name; of unknown types by number. Empty for a text trace. */
  readonly events: Readonly<Record<string, number>>;
  /** Files of which something was needed. */
  readonly files: number;
  /** Each byte once; of a text trace as its lines say, also past the files' ends. */
  readonly neededBytes: number;
  readonly neededPages: number;
  /** Names that were used, each once. */
  readonly existingNames: number;
  readonly missingNames: number;
  readonly threads: number;
  readonly processes: number;
  /** Of the monotonic clock; undefined for a text trace, as for one without records. */
  readonly firstNs: number | undefined;
  readonly spanNs: number | undefined;
}

/**
 * Counts what is in a trace.
 *
 * @throws TrioError as `readStartTrace`
 */
export async function statTrace(
  paths: string | readonly string[],
  options: ReadOptions = {},
): Promise<TraceStat> {
  const needed = new Needed();
  const names = { existing: new Set<string>(), missing: new Set<string>() };
  const events = new Map<number, number>();
  const threads = new Set<number>();
  const processes = new Set<number>();
  let firstNs: number | undefined;
  let lastNs = 0;
  const summary = await readStartTrace(
    paths,
    {
      file: (path) => needed.file(path),
      access: (file, ino, offsetBytes, lengthBytes) => needed.access(file, ino, offsetBytes, lengthBytes),
      name: (path, exists) => names[exists ? 'existing' : 'missing'].add(path),
    },
    {
      ...options,
      onRecord: ({ type, timeNs, tid, tgid }) => {
        events.set(type, (events.get(type) ?? 0) + 1);
        threads.add(tid);
        processes.add(tgid);
        firstNs ??= timeNs;
        lastNs = Math.max(lastNs, timeNs);
      },
    },
  );
  return {
    schema: 'trio.trace-stat/1',
    ...summary,
    events: Object.fromEntries(
      [...events].sort(([a], [b]) => a - b).map(([type, count]) => [typeName(type) ?? `type ${type}`, count]),
    ),
    files: needed.files.size,
    neededBytes: needed.bytes,
    neededPages: needed.pages(summary.pageBytes),
    existingNames: names.existing.size,
    missingNames: names.missing.size,
    threads: threads.size,
    processes: processes.size,
    firstNs,
    spanNs: firstNs === undefined ? undefined : lastNs - firstNs,
  };
}
