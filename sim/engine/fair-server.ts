import type { Actor } from './actor.ts';
import type { Engine, Source } from './engine.ts';
import { EventQueue } from './event-queue.ts';

/** A job that is done but for less than this counts as done: what floating point may have left of it. */
const slackNs = 1e-3;

/**
 * One capacity, shared evenly by all jobs that are there (processor sharing): the cores of a machine with preemption,
 * where one job uses one core at most, or a line and the transfers on it.
 *
 * All jobs have the same rate, so one number tells the progress of each: the work that a job present all the time
 * would have got. A job is done when that has grown by its work; the first to get there is the first of a queue.
 * A job ends at the first whole nanosecond at which it is done.
 */
export class FairServer implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  #capacityPerNs: number;
  readonly #jobPerNs: number;
  /** Jobs by the progress at which they are done. */
  readonly #jobs = new EventQueue();
  #arrivals = 0;
  #progress = 0;
  #progressAtNs = 0;
  /** When the first job is done, and the event that looks: then, or before if others have come since. */
  #endNs = Infinity;
  #lookAtNs = Infinity;
  #look = -1;
  /** Jobs that are done are being told, which brings others: when the next is done is worked out behind the last. */
  #isTelling = false;
  /** Units of work done so far, of all jobs. */
  workDone = 0;

  /**
   * @param capacityPerNs  units of work in a nanosecond, of all jobs together
   * @param jobPerNs       the most that one job can use
   */
  constructor(engine: Engine, capacityPerNs: number, jobPerNs = Infinity) {
    if (!(capacityPerNs > 0 && jobPerNs > 0)) throw new Error('a capacity must be above zero');
    this.#engine = engine;
    this.#source = engine.source();
    this.#capacityPerNs = capacityPerNs;
    this.#jobPerNs = jobPerNs;
  }

  /** From now on. */
  set capacityPerNs(capacityPerNs: number) {
    if (!(capacityPerNs > 0)) throw new Error('a capacity must be above zero');
    this.#advance();
    this.#capacityPerNs = capacityPerNs;
    this.#schedule();
  }

  get jobs(): number {
    return this.#jobs.length;
  }

  /**
   * Delivers the signal when `work` units are done.
   *
   * @returns a handle for `cancel`
   */
  serve(work: number, actor: Actor, signal: number, arg = 0): number {
    if (!(work >= 0 && work < Infinity)) throw new Error(`a job cannot have ${work} units of work`);
    this.#advance();
    const job = this.#jobs.push(this.#progress + work, 0, 0, this.#arrivals++, actor, signal, arg);
    this.#schedule();
    return job;
  }

  /**
   * Does a job at once, without an event, if there is no other and nothing else happens until it is done. Time is then
   * what it would be when the signal came: see `Engine.pass`.
   *
   * @returns whether it has; if not, only `serve` does it
   */
  serveAlone(work: number): boolean {
    if (this.#jobs.length > 0) return false;
    const rate = Math.min(this.#jobPerNs, this.#capacityPerNs);
    const tookNs = Math.max(0, Math.ceil(work / rate - slackNs));
    if (!this.#engine.pass(this.#engine.nowNs + tookNs)) return false;
    this.workDone += tookNs * rate;
    return true;
  }

  /** Takes a job away; false if it was done before. */
  cancel(job: number): boolean {
    this.#advance();
    const was = this.#jobs.cancel(job);
    this.#schedule();
    return was;
  }

  /** Its own event: the first job, or several, may be done. */
  receive(): void {
    this.#look = -1;
    if (this.#engine.nowNs < this.#endNs) {
      this.#lookAt(this.#endNs);
      return;
    }
    this.#advance();
    const jobs = this.#jobs;
    const slack = slackNs * this.#rate();
    this.#isTelling = true;
    while (jobs.firstTime - this.#progress <= slack) {
      const slot = jobs.pop();
      // May serve the next job at once, and so change the queue.
      jobs.actor(slot).receive(jobs.signal(slot), jobs.arg(slot));
    }
    this.#isTelling = false;
    this.#schedule();
  }

  #rate(): number {
    return Math.min(this.#jobPerNs, this.#capacityPerNs / this.#jobs.length);
  }

  #advance(): void {
    const { nowNs } = this.#engine;
    // From zero again when idle: small numbers keep their precision.
    const { length } = this.#jobs;
    if (length === 0) this.#progress = 0;
    else {
      const each = (nowNs - this.#progressAtNs) * this.#rate();
      this.#progress += each;
      this.workDone += each * length;
    }
    this.#progressAtNs = nowNs;
  }

  /** A job that comes puts off the others' ends: the event stays where it was, and looks again. */
  #schedule(): void {
    if (this.#isTelling) return;
    const { length } = this.#jobs;
    const leftNs = length === 0 ? Infinity : (this.#jobs.firstTime - this.#progress) / this.#rate();
    this.#endNs = this.#engine.nowNs + Math.max(0, Math.ceil(leftNs - slackNs));
    if (this.#look >= 0) {
      if (length > 0 && this.#lookAtNs <= this.#endNs) return;
      this.#engine.cancel(this.#look);
      this.#look = -1;
    }
    if (length > 0) this.#lookAt(this.#endNs);
  }

  #lookAt(ns: number): void {
    this.#lookAtNs = ns;
    this.#look = this.#engine.at(ns, this.#source, this, 0);
  }
}
