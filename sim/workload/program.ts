import { TrioError } from '../../trio/errors.ts';
import type { AdoptedState, ProgramFile } from './files.ts';
import { firstStepOfProgram } from './milestones.ts';
import { outside, type Run } from './run.ts';
import { stepKind, type StepColumns } from './steps.ts';
import { timeSteps, type Time } from './timing.ts';

/**
 * What a container's program does from the execution of its entrypoint until it is ready, and what `runc init` does in
 * the container before (the prelude). Struct of arrays, one step per traced access, in the order in which they happened
 * in a cold start that shows every touch of a mapped page; times are those of a warm start, in which nothing waits for
 * data.
 *
 * - Steps [0, prelude) are runc's, before it executes the entrypoint; they are part of the phase Running.
 * - Steps [prelude, readySteps) are the program's until it is ready.
 * - Steps [readySteps, steps) came after that, until tracing ended; they have no times.
 *
 * The program begins when `runc start` lets it, a little before containerd reports the task as running. The sum of
 * `cpuNs` and `waitNs` of [prelude, readySteps) and of `tail` is exactly `releaseToRunningNs` plus the warm start's
 * time from Running to Ready; that of [0, prelude) and of `preludeTail`, the time from the trace's first record to the
 * release.
 */
export interface Program extends StepColumns {
  readonly kernelRelease: string;
  readonly files: readonly ProgramFile[];
  readonly paths: readonly string[];
  /** By open file: the state of those that were open before the trace began. */
  readonly adopted: readonly (AdoptedState | undefined)[];
  readonly threads: number;
  /**
   * What the container's memory cgroup held. With it, a `fault` is not only the first touch of a page: touches were seen
   * again at intervals, so that they tell what is in use.
   */
  readonly group?: GroupPages | undefined;
  readonly steps: number;
  readonly prelude: number;
  readonly readySteps: number;
  /** There are times: a warm start was recorded too. Else all are 0, and `readySteps` is `steps`. */
  readonly isTimed: boolean;
  /**
   * CPU time between the previous step of the step's thread and this one. It includes `othersNs`: what tasks outside of
   * the container (containerd, the prober, the kernel's threads) took in between, while a thread of it was ready to run.
   */
  readonly cpuNs: Float64Array;
  readonly othersNs: Float64Array;
  /** Time before the step in which no thread of the container could run: it slept, or waited for a task outside. */
  readonly waitNs: Float64Array;
  /** A step of another thread that must be done before this step may begin; always an earlier one; -1: none. */
  readonly dependsOn: Int32Array;
  readonly preludeTail: Time;
  /** From the last step to Ready. */
  readonly tail: Time;
  readonly releaseToRunningNs: number;
  readonly runningToReadyNs: number;
  /** How many steps were found in the warm run; the times of the others are interpolated. */
  readonly aligned: { readonly accesses: Share; readonly touches: Share };
}

export interface GroupPages {
  /**
   * By step, pages that are no page cache; without runc's copy of itself, which goes when the program is executed: how
   * much of it is charged to the container is a race that ends otherwise in each start.
   */
  readonly otherPages: Int32Array;
  /** Blocks of file systems that were looked up, by anybody, in order. */
  readonly lookups: BlockLookups;
  /** Page cache of files that no access of the trace is to (e.g. of runc), from the beginning. */
  readonly coldPages: number;
}

export interface BlockLookups {
  /** Of each lookup, the first step after it … */
  readonly step: Int32Array;
  /** … and the number of the block. */
  readonly block: Int32Array;
  /** By number: a page of a device among the program's files; -1: of another cgroup, or of none. */
  readonly blocks: readonly { readonly file: number; readonly page: number }[];
}

export interface Share {
  readonly steps: number;
  readonly aligned: number;
}

/** A warm start of the same program. */
export interface Warm {
  readonly run: Run;
  /** Its time from Running to Ready. */
  readonly readyNs: number;
}

/**
 * @param touch  a cold start that was recorded with fault_around_bytes=4096
 * @throws TrioError `HIDDEN_TOUCHES`, `WARM_CPUS`
 */
export function buildProgram(touch: Run, warm?: Warm): Program {
  const { steps, files, paths, adopted } = touch;
  for (const { source, faultAroundBytes, pageBytes } of touch.headers)
    if (faultAroundBytes > pageBytes)
      throw new TrioError(
        'HIDDEN_TOUCHES',
        `${source} was recorded with fault_around_bytes=${faultAroundBytes}, which hides touches of mapped pages; record with ${pageBytes}`,
      );
  const prelude = firstStepOfProgram(touch);
  const dependsOn = forks(touch);
  steps.finish();
  const known = {
    ...columnsOf(steps),
    ...{ files: files.list, paths, adopted, dependsOn, prelude },
    kernelRelease: touch.headers[0]?.kernelRelease ?? '',
    threads: touch.threads.names.length,
    steps: steps.length,
  };
  if (!warm || steps.length === 0 || warm.run.events.length === 0)
    return { ...known, ...untimed(steps.length, touch) };
  if (warm.run.headers.length > 1)
    throw new TrioError(
      'WARM_CPUS',
      `${warm.run.headers[0]?.source}: a trace of ${warm.run.headers.length} CPUs does not tell what the program waited for; record with one`,
    );
  const timing = timeSteps(touch, prelude, {
    run: warm.run,
    firstStep: firstStepOfProgram(warm.run),
    runningToReadyNs: warm.readyNs,
  });
  for (const [step, waker] of timing.wokenBy.entries()) dependsOn[step] = Math.max(dependsOn[step]!, waker);
  const { cpuNs, othersNs, waitNs, preludeTail, tail, readySteps, milestones } = timing;
  return {
    ...known,
    ...{ isTimed: true, cpuNs, othersNs, waitNs, preludeTail, tail },
    readySteps: Math.max(readySteps, prelude),
    releaseToRunningNs: milestones.runningNs - milestones.releasedNs,
    runningToReadyNs: warm.readyNs,
    aligned: shares(touch, timing.aligned),
  };
}

const noTime: Time = { cpuNs: 0, othersNs: 0, waitNs: 0 };

function untimed(steps: number, touch: Run) {
  return {
    ...{ isTimed: false, readySteps: steps, preludeTail: noTime, tail: noTime },
    ...{ releaseToRunningNs: 0, runningToReadyNs: 0 },
    ...{ cpuNs: new Float64Array(steps), othersNs: new Float64Array(steps), waitNs: new Float64Array(steps) },
    aligned: shares(touch, new Uint8Array(steps)),
  };
}

/** A thread's first step comes after what its parent did before it made the thread. */
function forks({ steps, forkedAfter }: Run): Int32Array {
  const dependsOn = new Int32Array(steps.length).fill(-1);
  const begun = new Set<number>();
  for (let step = 0; step < steps.length; step++) {
    const thread = steps.thread[step]!;
    if (begun.has(thread)) continue;
    begun.add(thread);
    dependsOn[step] = forkedAfter[thread] ?? -1;
  }
  return dependsOn;
}

function shares({ steps }: Run, aligned: Uint8Array): Program['aligned'] {
  const accesses = { steps: 0, aligned: 0 };
  const touches = { steps: 0, aligned: 0 };
  for (let step = 0; step < steps.length; step++) {
    if (steps.thread[step] === outside) continue;
    const share = steps.kind[step] === stepKind.fault ? touches : accesses;
    share.steps++;
    share.aligned += aligned[step]!;
  }
  return { accesses, touches };
}

export function columnsOf(steps: StepColumns): StepColumns {
  const { kind, thread, file, openFile, inodeBytes, posBytes, countBytes, arg, page, mm, toMm } = steps;
  const { addressPage, startPage, endPage, vmFlags, flags, path, found, fileType } = steps;
  return {
    ...{ kind, thread, file, openFile, inodeBytes, posBytes, countBytes, arg, page, mm, toMm },
    ...{ addressPage, startPage, endPage, vmFlags, flags, path, found, fileType },
  };
}
