import { eventKind, type SchedulerEvents } from './scheduler-events.ts';

export const chunkKind = {
  /** A thread of the container ran. */
  own: 0,
  /** Others ran, while a thread of the container was ready to. */
  others: 1,
  /** No thread of the container could run. */
  wait: 2,
} as const;

/** A stretch of a run's time. */
export interface Chunk {
  readonly kind: number;
  readonly startNs: number;
  readonly endNs: number;
  /** The thread that ran, or that ran next; -1: none did. */
  readonly tid: number;
  /** The event that ended it: what the thread does from there on, this time lies before. */
  readonly event: number;
}

/** The threads of the container, by the kernel's ids. The scheduler's events also have those that ran before or after one. */
export function containerTids({ length, kind, tid, tgid, other }: SchedulerEvents): Set<number> {
  const tids = new Set<number>();
  const tgids = new Set<number>();
  for (let i = 0; i < length; i++) {
    if (kind[i] === eventKind.switch || kind[i] === eventKind.wake) continue;
    tids.add(tid[i]!);
    tgids.add(tgid[i]!);
    if (kind[i] === eventKind.fork) tids.add(other[i]!);
  }
  // Threads of these processes that did nothing but run and sleep.
  for (let i = 0; i < length; i++) if (tgids.has(tgid[i]!)) tids.add(tid[i]!);
  return tids;
}

/**
 * Cuts the time from the first event to the last into stretches, of a guest with one CPU. Nothing is left out and
 * nothing is there twice.
 *
 * A thread that ends is not seen to run after its EXIT: from there on its time is `others`.
 */
export function cutTimeline(events: SchedulerEvents): Chunk[] {
  const { length, kind, timeNs, tid, other, value } = events;
  const ours = containerTids(events);
  const ready = new Set<number>();
  const chunks: Chunk[] = [];
  /** Stretches without the container, until it is known who runs next. */
  let off: Omit<Chunk, 'tid' | 'event'>[] = [];
  let running = -1;
  let sinceNs = timeNs[0] ?? 0;

  const cut = (atNs: number, event: number) => {
    if (atNs <= sinceNs) return; // an interrupt's record may be a little late
    const startNs = sinceNs;
    sinceNs = atNs;
    if (running >= 0) chunks.push({ kind: chunkKind.own, startNs, endNs: atNs, tid: running, event });
    else off.push({ kind: ready.size > 0 ? chunkKind.others : chunkKind.wait, startNs, endNs: atNs });
  };
  const run = (thread: number, event: number) => {
    if (running < 0) for (const each of off) chunks.push({ ...each, tid: thread, event });
    off = [];
    ready.add((running = thread));
  };

  for (let i = 0; i < length; i++) {
    cut(timeNs[i]!, i);
    const [from, to] = [tid[i]!, other[i]!];
    switch (kind[i]!) {
      case eventKind.wake:
        if (ours.has(to)) ready.add(to);
        break;
      case eventKind.switch:
        if (ours.has(from)) {
          if (running !== from) run(from, i);
          if (value[i] !== 0) ready.delete(from);
        }
        running = -1;
        if (ours.has(to)) run(to, i);
        break;
      default:
        if (running !== from) run(from, i);
        if (kind[i] === eventKind.fork) ready.add(to);
    }
  }
  for (const each of off) chunks.push({ ...each, tid: -1, event: length });
  return chunks;
}
