import { alignSteps, stepsByThread } from './align.ts';
import { findMilestones, type Milestones } from './milestones.ts';
import type { Run } from './run.ts';
import { eventKind } from './scheduler-events.ts';
import { chunkKind, cutTimeline, type Chunk } from './timeline.ts';
import { wakers } from './wakers.ts';

/** Time in which the program computed or waited; `othersNs` is the part of `cpuNs` in which others had the CPU. */
export interface Time {
  readonly cpuNs: number;
  readonly othersNs: number;
  readonly waitNs: number;
}

/** What a warm run says of the times of another run's steps. */
export interface Timing {
  readonly cpuNs: Float64Array;
  readonly othersNs: Float64Array;
  readonly waitNs: Float64Array;
  /** Per step, a step of another thread that woke this one's thread in the warm run; -1: none. */
  readonly wokenBy: Int32Array;
  readonly preludeTail: Time;
  readonly tail: Time;
  /** How many of the steps must be done when the program is ready. */
  readonly readySteps: number;
  readonly milestones: Milestones;
  /** Per step, whether it was found in the warm run. */
  readonly aligned: Uint8Array;
}

interface WarmRun {
  readonly run: Run;
  /** The first step of the program in it. */
  readonly firstStep: number;
  readonly runningToReadyNs: number;
}

/** @param firstStep  of the program, in `touch` */
export function timeSteps(touch: Run, firstStep: number, warm: WarmRun): Timing {
  const { length } = touch.steps;
  const touchOf = alignSteps(touch, warm.run);
  const chunks = cutTimeline(warm.run.events);
  const milestones = findMilestones(warm.run, chunks, warm.firstStep, warm.runningToReadyNs);
  const readySteps = stepsUntil(milestones.readyNs, warm.run, touchOf);
  const aligned = new Uint8Array(length);
  for (const step of touchOf) if (step >= 0) aligned[step] = 1;

  const sums = new StepTimes(length);
  const prelude: Phase = { from: 0, to: firstStep, tail: { cpuNs: 0, othersNs: 0, waitNs: 0 } };
  const program: Phase = { from: firstStep, to: readySteps, tail: { cpuNs: 0, othersNs: 0, waitNs: 0 } };
  const { releasedNs, readyNs } = milestones;
  for (const { chunk, step } of chunksWithSteps(warm.run, chunks, touchOf)) {
    const { kind, startNs, endNs } = chunk;
    sums.add(prelude, step, kind, Math.min(endNs, releasedNs) - startNs);
    sums.add(program, step, kind, Math.min(endNs, readyNs) - Math.max(startNs, releasedNs));
  }
  const lastNs = chunks.at(-1)?.endNs ?? releasedNs;
  sums.add(program, -1, chunkKind.wait, readyNs - Math.max(lastNs, releasedNs));
  const { own, others, wait } = sums;
  spread(own, aligned, touch, firstStep);
  spread(others, aligned, touch, firstStep);
  return {
    ...{ cpuNs: own.map((ns, step) => ns + others[step]!), othersNs: others, waitNs: wait },
    ...{ preludeTail: prelude.tail, tail: program.tail, readySteps, milestones, aligned },
    wokenBy: wakers(touch, warm.run, touchOf),
  };
}

/** Steps [from, to), and the time behind the last of them. */
interface Phase {
  readonly from: number;
  readonly to: number;
  readonly tail: { -readonly [K in keyof Time]: Time[K] };
}

class StepTimes {
  readonly own: Float64Array;
  readonly others: Float64Array;
  readonly wait: Float64Array;

  constructor(steps: number) {
    this.own = new Float64Array(steps);
    this.others = new Float64Array(steps);
    this.wait = new Float64Array(steps);
  }

  /** Time of a phase that lies before a step (-1: before none), which may be one of another phase. */
  add({ from, to, tail }: Phase, step: number, kind: number, ns: number): void {
    if (ns <= 0) return;
    const at = step < 0 ? to : Math.max(step, from);
    if (at < to) {
      const column = kind === chunkKind.own ? this.own : kind === chunkKind.others ? this.others : this.wait;
      column[at]! += ns;
    } else if (kind === chunkKind.wait) tail.waitNs += ns;
    else {
      tail.cpuNs += ns;
      if (kind === chunkKind.others) tail.othersNs += ns;
    }
  }
}

function stepsUntil(readyNs: number, warm: Run, touchOf: Int32Array): number {
  let steps = 0;
  for (let step = 0; step < touchOf.length; step++)
    if (warm.steps.timeNs[step]! <= readyNs) steps = Math.max(steps, touchOf[step]! + 1);
  return steps;
}

/**
 * Each chunk with the step that it lies before: the next aligned one of its thread, else of any thread; -1 if there
 * is none.
 */
function chunksWithSteps(
  { events }: Run,
  chunks: readonly Chunk[],
  touchOf: Int32Array,
): { chunk: Chunk; step: number }[] {
  const next = new Map<number, number>();
  let any = -1;
  let event = events.length - 1;
  return chunks.toReversed().map((chunk) => {
    for (; event >= chunk.event; event--) {
      if (events.kind[event] !== eventKind.step) continue;
      const step = touchOf[events.value[event]!]!;
      if (step >= 0) next.set(events.tid[event]!, (any = step));
    }
    return { chunk, step: next.get(chunk.tid) ?? any };
  });
}

/** Spreads the time before each aligned step evenly over it and the steps of its thread that are not, before it. */
function spread(ns: Float64Array, aligned: Uint8Array, touch: Run, firstStep: number): void {
  for (const steps of stepsByThread(touch)) {
    let from = 0;
    for (let to = 0; to < steps.length; to++) {
      const step = steps[to]!;
      if (step >= firstStep && steps[from]! < firstStep) from = to;
      if (aligned[step] === 0 && ns[step] === 0) continue;
      let left = ns[step]!;
      for (let i = from; i <= to; i++) {
        const share = Math.round(left / (to - i + 1));
        ns[steps[i]!] = share;
        left -= share;
      }
      from = to + 1;
    }
  }
}
