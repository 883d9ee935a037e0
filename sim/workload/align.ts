import { longestIncreasing } from './longest-increasing.ts';
import { outside, type Run } from './run.ts';
import { stepKind } from './steps.ts';

const { fault, foreign, mapPages, remove } = stepKind;

/**
 * Which step of one run is which of another run of the same program: per step of `warm` the step of `touch`, or -1.
 *
 * Threads are the same if their names are. Of a thread, first the accesses: the n-th with the same key (kind, path,
 * position, …) is the same, as far as this keeps the order (the longest such subsequence). In between, a fault or a
 * fault-around of the warm run is the first touch of its pages there, again as far as this keeps the order.
 */
export function alignSteps(touch: Run, warm: Run): Int32Array {
  const touchOf = new Int32Array(warm.steps.length).fill(-1);
  const names = new Names();
  const [touchNames, warmNames] = [names.of(touch), names.of(warm)];
  const touchSteps = stepsByThread(touch);
  const touchThread = new Map(touch.threads.names.map((name, thread) => [name, thread]));
  for (const [thread, ofWarm] of stepsByThread(warm).entries()) {
    const ofTouch = touchSteps[touchThread.get(warm.threads.names[thread]!) ?? -1];
    if (!ofTouch) continue;
    alignAccesses(
      { run: touch, ids: touchNames, steps: ofTouch },
      { run: warm, ids: warmNames, steps: ofWarm },
      touchOf,
    );
    alignTouches(
      { run: touch, ids: touchNames, steps: ofTouch },
      { run: warm, ids: warmNames, steps: ofWarm },
      touchOf,
    );
  }
  return touchOf;
}

/** The steps of each thread, in order. */
export function stepsByThread({ steps, threads }: Run): number[][] {
  const lists: number[][] = threads.names.map(() => []);
  for (let step = 0; step < steps.length; step++) {
    const thread = steps.thread[step]!;
    if (thread !== outside) lists[thread]!.push(step);
  }
  return lists;
}

/** A thread's steps, with numbers for files and paths that are the same in both runs. */
interface Side {
  readonly run: Run;
  readonly ids: Ids;
  readonly steps: readonly number[];
}

interface Ids {
  readonly files: Int32Array;
  readonly paths: Int32Array;
}

class Names {
  readonly #ids = new Map<string, number>();

  of({ files, paths }: Run): Ids {
    return {
      // Without a path, the inode: the layers' are the same in all starts of one machine.
      files: Int32Array.from(files.list, ({ path, dev, ino }) => this.#id(path ?? `${dev}:${ino}`)),
      paths: Int32Array.from(paths, (path) => this.#id(path)),
    };
  }

  #id(name: string): number {
    const id = this.#ids.get(name) ?? this.#ids.size;
    this.#ids.set(name, id);
    return id;
  }
}

function isTouch(kind: number): boolean {
  return kind === fault || kind === mapPages;
}

function alignAccesses(touch: Side, warm: Side, touchOf: Int32Array): void {
  const byKey = new Map<string, number[]>();
  for (const step of touch.steps) {
    const key = accessKey(touch, step);
    if (key === undefined) continue;
    const same = byKey.get(key);
    if (same) same.push(step);
    else byKey.set(key, [step]);
  }
  const seen = new Map<string, number>();
  const candidates = Float64Array.from(warm.steps, (step) => {
    const key = accessKey(warm, step);
    if (key === undefined) return -1;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return byKey.get(key)?.[nth] ?? -1;
  });
  for (const i of longestIncreasing(candidates)) touchOf[warm.steps[i]!] = candidates[i]!;
}

/** Undefined: a touch, or nothing that the program does. Areas are compared by their size: addresses may be random. */
function accessKey({ run: { steps }, ids }: Side, step: number): string | undefined {
  const kind = steps.kind[step]!;
  if (isTouch(kind) || kind === foreign || kind === remove) return undefined;
  const path = steps.path[step]!;
  if (path >= 0) return `${kind} ${ids.paths[path]} ${steps.found[step]}`;
  const file = steps.file[step]!;
  if (file < 0) return `${kind} ${steps.endPage[step]! - steps.startPage[step]!}`;
  return `${kind} ${ids.files[file]} ${steps.posBytes[step]! + steps.page[step]!}`;
}

/** The touches in each gap between accesses that are aligned. */
function alignTouches(touch: Side, warm: Side, touchOf: Int32Array): void {
  const touchesOf = new Map<number, number[]>();
  for (const step of touch.steps) {
    if (touch.run.steps.kind[step] !== fault) continue;
    const key = pageKey(touch, step, touch.run.steps.page[step]!);
    const same = touchesOf.get(key);
    if (same) same.push(step);
    else touchesOf.set(key, [step]);
  }
  const { steps } = warm.run;
  let gap: number[] = [];
  let from = -1;
  const close = (to: number) => {
    const candidates = gap.map((step) => {
      let first = Infinity;
      const pages = steps.kind[step] === mapPages ? steps.countBytes[step]! : 1;
      for (let page = 0; page < pages; page++) {
        const touches = touchesOf.get(pageKey(warm, step, steps.page[step]! + page));
        first = Math.min(first, touches?.find((each) => each > from) ?? Infinity);
      }
      return first < to ? first : -1;
    });
    for (const i of longestIncreasing(candidates)) touchOf[gap[i]!] = candidates[i]!;
    gap = [];
    from = to;
  };
  for (const step of warm.steps)
    if (touchOf[step]! >= 0) close(touchOf[step]!);
    else if (isTouch(steps.kind[step]!)) gap.push(step);
  close(Infinity);
}

/** File and page as one number: files have less than 2^32 pages, and a run fewer than 2^21 names. */
function pageKey({ run, ids }: Side, step: number, page: number): number {
  return ids.files[run.steps.file[step]!]! * 2 ** 32 + page;
}
