/**
 * An event of Chrome's trace-event format, which Perfetto reads too. Times are microseconds there; three digits behind
 * the point keep the nanoseconds.
 */
export type TraceEvent = CompleteEvent | CounterEvent | MetadataEvent;

interface OfTrack {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
}

/** Something with a beginning and a length. */
export interface CompleteEvent extends OfTrack {
  readonly ph: 'X';
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number>>;
}

/** A value from then on. */
export interface CounterEvent extends OfTrack {
  readonly ph: 'C';
  readonly ts: number;
  readonly args: Readonly<Record<string, number>>;
}

/** The name of a process or a thread, and where it is shown. */
export interface MetadataEvent extends OfTrack {
  readonly ph: 'M';
  readonly name: 'process_name' | 'thread_name' | 'thread_sort_index';
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** A trace under construction: one process, whose threads are the tracks. */
export class TraceBuilder {
  readonly events: TraceEvent[] = [];
  readonly #pid = 1;
  #tracks = 0;

  constructor(title: string) {
    this.events.push({ name: 'process_name', ph: 'M', pid: this.#pid, tid: 0, args: { name: title } });
  }

  /** A track; they are shown in the order in which they were made. */
  track(name: string): number {
    const tid = ++this.#tracks;
    const { events } = this;
    events.push({ name: 'thread_name', ph: 'M', pid: this.#pid, tid, args: { name } });
    events.push({ name: 'thread_sort_index', ph: 'M', pid: this.#pid, tid, args: { sort_index: tid } });
    return tid;
  }

  span(
    tid: number,
    { name, cat, fromNs, toNs, args = {} }: SpanOnTrack & { readonly name: string; readonly cat: string },
  ): void {
    const ts = microseconds(fromNs);
    const dur = microseconds(toNs - fromNs);
    this.events.push({ name, cat, ph: 'X', pid: this.#pid, tid, ts, dur, args });
  }

  counter(name: string, atNs: number, args: Readonly<Record<string, number>>): void {
    this.events.push({ name, ph: 'C', pid: this.#pid, tid: 0, ts: microseconds(atNs), args });
  }
}

interface SpanOnTrack {
  readonly fromNs: number;
  readonly toNs: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

const microseconds = (ns: number) => Math.round(ns) / 1000;

/** Puts spans on as few lanes as hold them without overlap: what overlaps on one track viewers draw as nested. */
export function lanes<S extends { readonly fromNs: number; readonly toNs: number }>(
  spans: readonly S[],
): S[][] {
  const rows: S[][] = [];
  for (const span of spans.toSorted((a, b) => a.fromNs - b.fromNs || a.toNs - b.toNs)) {
    const free = rows.find((row) => row.at(-1)!.toNs <= span.fromNs);
    if (free) free.push(span);
    else rows.push([span]);
  }
  return rows;
}
