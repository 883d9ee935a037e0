import type { Actor } from './actor.ts';
import { EventQueue } from './event-queue.ts';

/** A place from which events come; `Engine.source` makes it. At one time, lower ones come first. */
export type Source = number & { readonly brand: 'Source' };

/** Something takes longer than virtual time counts exactly. */
export class EndlessError extends Error {
  constructor() {
    super('with these parameters something takes longer than 104 days');
  }
}

/**
 * Virtual time, an integer number of nanoseconds, and the events that move it. The order of events is total: time,
 * priority, source, then the order in which the source scheduled them. So what one source does never changes the
 * order of others' events at the same time.
 */
export class Engine {
  /** What time it is. */
  nowNs = 0;
  /** Events delivered so far. */
  events = 0;
  readonly #queue = new EventQueue();
  readonly #sequences: number[] = [];
  #isStopped = false;
  #untilNs = Infinity;

  source(): Source {
    return (this.#sequences.push(0) - 1) as Source;
  }

  /**
   * Delivers `signal` and `arg` to `actor` at a time from now on.
   *
   * @param priority  at the same time, a lower one comes first
   * @returns a handle for `cancel`
   * @throws EndlessError
   */
  at(timeNs: number, source: Source, actor: Actor, signal: number, arg = 0, priority = 0): number {
    if (timeNs > Number.MAX_SAFE_INTEGER) throw new EndlessError();
    if (!Number.isSafeInteger(timeNs)) throw new Error(`${timeNs} ns is no instant of virtual time`);
    if (timeNs < this.nowNs)
      throw new Error(`at ${this.nowNs} ns, an event for ${timeNs} ns: time would go backwards`);
    const sequence = this.#sequences[source]!++;
    return this.#queue.push(timeNs, priority, source, sequence, actor, signal, arg);
  }

  /** As `at`, so many nanoseconds from now. */
  after(delayNs: number, source: Source, actor: Actor, signal: number, arg = 0, priority = 0): number {
    return this.at(this.nowNs + delayNs, source, actor, signal, arg, priority);
  }

  /** False if the event was delivered or cancelled before. */
  cancel(handle: number): boolean {
    return this.#queue.cancel(handle);
  }

  /**
   * Lets time go on to this instant within the current event, if no other would be delivered until then: for whoever is the
   * last to do something in this event, and would schedule one to go on with.
   *
   * @returns false if one would be: then nothing has changed, and only an event of its own gets there
   */
  pass(timeNs: number): boolean {
    if (timeNs >= this.#queue.firstTime || timeNs > this.#untilNs || this.#isStopped) return false;
    if (!(timeNs >= this.nowNs && Number.isSafeInteger(timeNs))) return false;
    this.nowNs = timeNs;
    return true;
  }

  /** Ends `run` behind the current event. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Delivers events until none is left, or none up to `untilNs`, or it is stopped. */
  run(untilNs = Infinity): void {
    const queue = this.#queue;
    this.#isStopped = false;
    this.#untilNs = untilNs;
    while (queue.firstTime <= untilNs && queue.length > 0 && !this.#isStopped) {
      const timeNs = queue.firstTime;
      const slot = queue.pop();
      if (timeNs < this.nowNs) throw new Error(`time went back from ${this.nowNs} ns to ${timeNs} ns`);
      this.nowNs = timeNs;
      this.events++;
      queue.actor(slot).receive(queue.signal(slot), queue.arg(slot));
    }
  }
}
