import type { Run } from './run.ts';
import { eventKind } from './scheduler-events.ts';
import { stepKind } from './steps.ts';
import { chunkKind, type Chunk } from './timeline.ts';

/**
 * The first step of the execution of the entrypoint. Before it, `runc init` has looked for the program (its last stat)
 * and waits for `runc start`; from there on the kernel opens the program. 0 if nothing is executed.
 */
export function firstStepOfProgram({ steps }: Run): number {
  const { length, kind, thread } = steps;
  const exec = kind.indexOf(stepKind.exec);
  if (exec < 0 || exec >= length) return 0;
  const own = (step: number) => thread[step] === thread[exec];
  let lookedUp = exec;
  while (lookedUp > 0 && !(own(lookedUp) && kind[lookedUp] === stepKind.stat)) lookedUp--;
  for (let step = lookedUp; step < exec; step++) if (own(step) && kind[step] === stepKind.open) return step;
  return exec;
}

/** Points of a run's time. */
export interface Milestones {
  /** `runc start` lets `runc init` execute the entrypoint. */
  readonly releasedNs: number;
  /** containerd reports that the task has started. */
  readonly runningNs: number;
  /** The service has answered, or containerd reports that the program has ended. */
  readonly readyNs: number;
}

/**
 * When the container was released, running and ready, on the trace's clock. A trace has no record of the latter two,
 * which happen outside of the container; known is only the time between them (`runningToReadyNs`). So Running is taken
 * to be the earliest moment at which
 * - the container does not have the CPU, nor has it at Ready: it is others that report both;
 * - nothing is seen any more of `runc start`, which ends before;
 * - others then have the CPU for as long as such a report takes at least, if there is such a moment;
 * - Ready is not before the end of a program whose end it is.
 */
export function findMilestones(
  run: Run,
  chunks: readonly Chunk[],
  firstStep: number,
  runningToReadyNs: number,
): Milestones {
  const { events } = run;
  const main = mainTid(run, firstStep);
  const endNs = events.timeNs[events.length - 1]!;
  let releasedNs = run.steps.timeNs[firstStep]!;
  let starter = -1;
  let begunEvent = 0;
  let ended = false;
  for (let i = 0; i < events.length; i++) {
    const kind = events.kind[i];
    if (kind === eventKind.step && events.value[i] === firstStep) begunEvent = i;
    if (kind === eventKind.exit && events.tid[i] === main) ended = true;
    if (begunEvent > 0 || kind !== eventKind.wake) continue;
    if (events.other[i] === main && events.value[i] === 0 && events.tgid[i] !== events.tgid[begunEvent]) {
      releasedNs = events.timeNs[i]!;
      starter = events.tgid[i]!;
    }
  }
  const earliestNs = Math.max(lastSignOf(run, starter), releasedNs, ended ? endNs - runningToReadyNs : 0);
  const possible = bothOff(offStretches(chunks, endNs), runningToReadyNs, earliestNs);
  const runningNs =
    (possible.find(({ fromNs, toNs }) => toNs - fromNs >= reportNs) ?? possible[0])?.fromNs ?? earliestNs;
  return { releasedNs, runningNs, readyNs: runningNs + runningToReadyNs };
}

/** A report goes from the shim to containerd and on to its clients: no less than this, on any machine. */
const reportNs = 500_000;

interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Where, from `earliestNs` on, there is a stretch both now and `laterNs` later; in order. */
function bothOff(off: readonly Stretch[], laterNs: number, earliestNs: number): Stretch[] {
  const both: Stretch[] = [];
  let [now, later] = [0, 0];
  while (now < off.length && later < off.length) {
    const [a, b] = [off[now]!, off[later]!];
    const fromNs = Math.max(a.fromNs, b.fromNs - laterNs, earliestNs);
    const toNs = Math.min(a.toNs, b.toNs - laterNs);
    if (fromNs < toNs) both.push({ fromNs, toNs });
    if (a.toNs <= b.toNs - laterNs) now++;
    else later++;
  }
  return both;
}

function mainTid({ events }: Run, firstStep: number): number {
  for (let i = 0; i < events.length; i++)
    if (events.kind[i] === eventKind.step && events.value[i] === firstStep) return events.tid[i]!;
  return -1;
}

/** The last time at which a thread of that process is seen to begin or end running. */
function lastSignOf({ events }: Run, tgid: number): number {
  if (tgid < 0) return 0;
  const { length, kind, tid, other, timeNs } = events;
  const tids = new Set<number>();
  for (let i = 0; i < length; i++) if (events.tgid[i] === tgid) tids.add(tid[i]!);
  let last = 0;
  for (let i = 0; i < length; i++)
    if (tids.has(tid[i]!) || (kind[i] === eventKind.switch && tids.has(other[i]!))) last = timeNs[i]!;
  return last;
}

/** When the container did not have the CPU; after the trace's end nobody knows. */
function offStretches(chunks: readonly Chunk[], endNs: number): Stretch[] {
  const stretches: { fromNs: number; toNs: number }[] = [];
  for (const { kind, startNs, endNs: toNs } of chunks) {
    if (kind === chunkKind.own) continue;
    const last = stretches.at(-1);
    if (last?.toNs === startNs) last.toNs = toNs;
    else stretches.push({ fromNs: startNs, toNs });
  }
  stretches.push({ fromNs: endNs, toNs: Infinity });
  return stretches;
}
