import type { Kernel } from '../pagecache/kernel.ts';
import { origin, type Insertions } from '../pagecache/insertions.ts';
import type { FileSettings } from '../pagecache/trace-files.ts';
import { MemoryGroup } from '../reclaim/memory-group.ts';
import { pagesOf } from './needed-pages.ts';
import { PageSteps } from './page-steps.ts';
import type { Program } from './program.ts';
import { stepKind } from './steps.ts';

/** What decides which pages a program's steps put in the page cache. */
export interface PlanSettings {
  readonly kernel: Kernel;
  /** fault_around_bytes, in pages; 1: none. */
  readonly faultAroundPages: number;
  /** Of the container's memory; 0: none. */
  readonly limitPages: number;
  /** By the number of the program's file. */
  readonly files: readonly FileSettings[];
}

/** Pages [first, end) of a file, by its number. */
interface PlannedPages {
  readonly file: number;
  readonly first: number;
  readonly end: number;
}

/**
 * The steps at which a program does more than compute, a column for each of their values: every start goes through all
 * of them, and as objects they would not stay in the processor's cache.
 */
export interface Stops {
  readonly length: number;
  readonly step: Int32Array;
  /** Since the last stop, up to and with this step; none of the prelude. `othersNs` is a part of `cpuNs`. */
  readonly cpuNs: Float64Array;
  readonly othersNs: Float64Array;
  /** Of this step. */
  readonly waitNs: Float64Array;
  /** Name that is looked up; the number of the file that is opened; -1: none. */
  readonly path: Int32Array;
  readonly opens: Int32Array;
  /** What the page cache asks the file systems for, each of them one call of readahead. */
  readonly requests: PageRuns;
  /** Where a stop's requests begin, and after the last where they end. */
  readonly firstRequest: Int32Array;
  /** Pages without which it cannot go on, of which none was needed before; of file -1: they have been waited for. */
  readonly needs: PageRuns;
}

/** Pages [first, end) of files, by their numbers. */
export interface PageRuns {
  readonly file: Int32Array;
  readonly first: Int32Array;
  readonly end: Int32Array;
}

/** A program on a page cache: which of its steps ask for something, and for what. It does not depend on time. */
export interface Plan {
  /** Of the steps before the entrypoint is executed, and of those until ready. */
  readonly prelude: Stops;
  readonly stops: Stops;
  /** After the last stop. */
  readonly rest: { readonly cpuNs: number; readonly othersNs: number };
}

/** A stop, before it becomes a row of the columns. */
interface Stop {
  readonly step: number;
  readonly cpuNs: number;
  readonly othersNs: number;
  readonly waitNs: number;
  readonly path: number;
  readonly opens: number;
  readonly requests: readonly PlannedPages[];
  readonly needs: PlannedPages | undefined;
}

interface Kept {
  readonly kernel: Kernel;
  readonly settings: string;
  readonly plan: Plan;
}

const plans = new WeakMap<Program, Kept[]>();
/** The systems of a comparison have fewer different settings. */
const keptMost = 8;

/** The plan of a program, which is made once for the same settings. */
export function planOf(program: Program, settings: PlanSettings): Plan {
  const { kernel, faultAroundPages, limitPages, files } = settings;
  const ofFiles = files.map(
    ({ raPages, ioPages, largeFolios }) => `${raPages} ${ioPages} ${Number(largeFolios)}`,
  );
  const text = `${faultAroundPages} ${limitPages} ${ofFiles.join()}`;
  const kept = plans.get(program) ?? [];
  const known = kept.find((entry) => entry.kernel === kernel && entry.settings === text);
  if (known) return known.plan;
  const plan = makePlan(program, settings);
  plans.set(program, [{ kernel, settings: text, plan }, ...kept.slice(0, keptMost - 1)]);
  return plan;
}

function makePlan(program: Program, settings: PlanSettings): Plan {
  const byFile = new Map(program.files.map((file, number) => [file, settings.files[number]]));
  const memory = settings.limitPages > 0 ? new MemoryGroup(settings.limitPages, settings.kernel) : undefined;
  const pages = new PageSteps(program, { ...settings, memory, settingsOf: (file) => byFile.get(file) });
  const { insertions } = pages.cache;
  const asked = new AskedPages();
  const prelude: Stop[] = [];
  const stops: Stop[] = [];
  let [cpuNs, othersNs] = [0, 0];
  for (let step = 0; step < program.readySteps; step++) {
    const isTimed = step >= program.prelude;
    if (isTimed) {
      cpuNs += program.cpuNs[step]!;
      othersNs += program.othersNs[step]!;
    }
    const waitNs = isTimed ? program.waitNs[step]! : 0;
    const kind = program.kind[step];
    const path = kind === stepKind.lookup ? program.path[step]! : -1;
    const opens = kind === stepKind.open ? program.file[step]! : -1;
    pages.step(step);
    const requests = requestsOf(insertions);
    insertions.clear();
    for (const request of requests) asked.ask(request);
    const needed = pagesOf(program, step);
    const needs = needed && { file: program.file[step]!, ...needed };
    const isNew = needs !== undefined && asked.need(needs);
    if (waitNs === 0 && path < 0 && opens < 0 && requests.length === 0 && !isNew) continue;
    const stop = { step, cpuNs, othersNs, waitNs, path, opens, requests, needs: isNew ? needs : undefined };
    (isTimed ? stops : prelude).push(stop);
    [cpuNs, othersNs] = [0, 0];
  }
  return { prelude: columns(prelude), stops: columns(stops), rest: { cpuNs, othersNs } };
}

function columns(stops: readonly Stop[]): Stops {
  const firstRequest = new Int32Array(stops.length + 1);
  for (const [i, { requests }] of stops.entries()) firstRequest[i + 1] = firstRequest[i]! + requests.length;
  return {
    length: stops.length,
    step: Int32Array.from(stops, ({ step }) => step),
    cpuNs: Float64Array.from(stops, ({ cpuNs }) => cpuNs),
    othersNs: Float64Array.from(stops, ({ othersNs }) => othersNs),
    waitNs: Float64Array.from(stops, ({ waitNs }) => waitNs),
    path: Int32Array.from(stops, ({ path }) => path),
    opens: Int32Array.from(stops, ({ opens }) => opens),
    requests: runsOf(stops.flatMap(({ requests }) => requests)),
    firstRequest,
    needs: runsOf(stops.map(({ needs }) => needs ?? { file: -1, first: 0, end: 0 })),
  };
}

function runsOf(pages: readonly PlannedPages[]): PageRuns {
  return {
    file: Int32Array.from(pages, ({ file }) => file),
    first: Int32Array.from(pages, ({ first }) => first),
    end: Int32Array.from(pages, ({ end }) => end),
  };
}

/** What was inserted, as what it takes to read it. */
function requestsOf(insertions: Insertions): PlannedPages[] {
  const requests: { file: number; first: number; end: number }[] = [];
  for (let i = 0; i < insertions.length; i++) {
    const how = insertions.origin(i);
    if (how === origin.written) continue;
    const file = insertions.inode(i);
    const first = insertions.firstPage(i);
    const end = first + 2 ** insertions.order(i);
    const last = requests.at(-1);
    if (how === origin.continued && last?.file === file && last.end === first) last.end = end;
    else requests.push({ file, first, end });
  }
  return requests;
}

/** Pages that were asked for and not needed yet. */
class AskedPages {
  readonly #pages: (Uint8Array | undefined)[] = [];

  ask({ file, first, end }: PlannedPages): void {
    let pages = this.#pages[file];
    if (!pages || pages.length < end) {
      const grown = new Uint8Array(Math.max(end, 2 * (pages?.length ?? 0)));
      if (pages) grown.set(pages);
      this.#pages[file] = pages = grown;
    }
    pages.fill(1, first, end);
  }

  /** Whether any of these was asked for and not needed before. */
  need({ file, first, end }: PlannedPages): boolean {
    const pages = this.#pages[file];
    if (!pages) return false;
    let isNew = false;
    for (let page = first; page < end && page < pages.length; page++) {
      if (pages[page] === 1) isNew = true;
      pages[page] = 0;
    }
    return isNew;
  }
}
