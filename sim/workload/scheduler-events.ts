import type { SwitchRecord, WakeRecord } from '../../trio/trace/record-views.ts';

export const eventKind = { step: 1, fork: 2, exit: 3, switch: 4, wake: 5 } as const;

/** Who ran when, in order, with the steps in between: columns of one event each. */
export class SchedulerEvents {
  length = 0;
  kind = new Uint8Array(initial);
  timeNs = new Float64Array(initial);
  /** The kernel's ids of the thread that ran, and of its process. */
  tid = new Int32Array(initial);
  tgid = new Int32Array(initial);
  /** switch: who runs next; wake: who was woken; fork: the child. */
  other = new Int32Array(initial);
  /** step: its number; switch: the state in which the thread was left; wake: whether in an interrupt. */
  value = new Int32Array(initial);

  step(timeNs: number, tgid: number, tid: number, step: number): void {
    this.#add(eventKind.step, timeNs, tgid, tid, 0, step);
  }

  fork(timeNs: number, tgid: number, tid: number, childTid: number): void {
    this.#add(eventKind.fork, timeNs, tgid, tid, childTid, 0);
  }

  exit(timeNs: number, tgid: number, tid: number): void {
    this.#add(eventKind.exit, timeNs, tgid, tid, 0, 0);
  }

  switch({ timeNs, tgid, tid, nextTid, prevState }: SwitchRecord): void {
    this.#add(eventKind.switch, timeNs, tgid, tid, nextTid, prevState);
  }

  wake({ timeNs, tgid, tid, wokenTid, inInterrupt }: WakeRecord): void {
    this.#add(eventKind.wake, timeNs, tgid, tid, wokenTid, Number(inInterrupt));
  }

  #add(kind: number, timeNs: number, tgid: number, tid: number, other: number, value: number): void {
    const at = this.length++;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.timeNs[at] = timeNs;
    this.tgid[at] = tgid;
    this.tid[at] = tid;
    this.other[at] = other;
    this.value[at] = value;
  }

  #grow(): void {
    const larger = <T extends Uint8Array | Int32Array | Float64Array>(old: T): T => {
      const column = new (old.constructor as new (length: number) => T)(2 * old.length);
      column.set(old);
      return column;
    };
    this.kind = larger(this.kind);
    this.timeNs = larger(this.timeNs);
    this.tgid = larger(this.tgid);
    this.tid = larger(this.tid);
    this.other = larger(this.other);
    this.value = larger(this.value);
  }
}

const initial = 1 << 10;
