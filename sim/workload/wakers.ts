import { stepsByThread } from './align.ts';
import type { Run } from './run.ts';
import { eventKind } from './scheduler-events.ts';
import { containerTids } from './timeline.ts';

/**
 * In the warm run, a thread wakes another one: of what that does next, the first step that comes later in `touch` than
 * the waker's last step.
 */
export function wakers(touch: Run, { events }: Run, touchOf: Int32Array): Int32Array {
  const wokenBy = new Int32Array(touch.steps.length).fill(-1);
  const ours = containerTids(events);
  const ofThread = stepsByThread(touch);
  const last = new Map<number, number>();
  const waiting = new Map<number, number[]>();
  for (let i = 0; i < events.length; i++) {
    const [tid, other] = [events.tid[i]!, events.other[i]!];
    switch (events.kind[i]!) {
      case eventKind.wake: {
        const waker = last.get(tid);
        if (events.value[i] !== 0 || waker === undefined || tid === other || !ours.has(other)) break;
        const wakersOf = waiting.get(other);
        if (wakersOf) wakersOf.push(waker);
        else waiting.set(other, [waker]);
        break;
      }
      case eventKind.step: {
        const step = touchOf[events.value[i]!]!;
        if (step < 0) break;
        for (const waker of waiting.get(tid) ?? []) {
          const woken = firstBetween(
            ofThread[touch.steps.thread[step]!]!,
            Math.max(waker, last.get(tid) ?? -1),
            step,
          );
          if (woken >= 0) wokenBy[woken] = Math.max(wokenBy[woken]!, waker);
        }
        waiting.delete(tid);
        last.set(tid, step);
        break;
      }
      default:
    }
  }
  return wokenBy;
}

/** The first of the ascending steps behind `after`, up to `to`; -1 if there is none. */
function firstBetween(steps: readonly number[], after: number, to: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  const step = steps[low] ?? Infinity;
  return step <= to ? step : -1;
}
