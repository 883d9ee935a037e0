import type { Actor } from './actor.ts';
import type { Engine, Source } from './engine.ts';

/**
 * Permits, granted in the order of asking; with one permit, a lock. A grant always comes as an event, so that asking
 * never calls back into the asker.
 */
export class Semaphore {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #permits: number;
  #free: number;
  // A ring of who waits.
  #first = 0;
  #waiting = 0;
  #actors: Actor[] = [];
  #signals = new Int32Array(0);
  #args = new Float64Array(0);

  constructor(engine: Engine, permits = 1) {
    if (!Number.isInteger(permits) || permits < 1) throw new Error(`there cannot be ${permits} permits`);
    this.#engine = engine;
    this.#source = engine.source();
    this.#permits = permits;
    this.#free = permits;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Delivers the signal when the asker has a permit, which it must release. */
  acquire(actor: Actor, signal: number, arg = 0): void {
    if (this.#free > 0) {
      this.#free--;
      this.#engine.after(0, this.#source, actor, signal, arg);
      return;
    }
    if (this.#waiting === this.#signals.length) this.#grow();
    const place = (this.#first + this.#waiting++) % this.#signals.length;
    this.#actors[place] = actor;
    this.#signals[place] = signal;
    this.#args[place] = arg;
  }

  release(): void {
    if (this.#waiting === 0) {
      if (this.#free === this.#permits) throw new Error('a permit was released that nobody has');
      this.#free++;
      return;
    }
    const place = this.#first;
    this.#first = (place + 1) % this.#signals.length;
    this.#waiting--;
    const actor = this.#actors[place]!;
    this.#engine.after(0, this.#source, actor, this.#signals[place]!, this.#args[place]);
  }

  #grow(): void {
    const old = this.#signals.length;
    const size = Math.max(8, 2 * old);
    const [actors, signals, args] = [this.#actors, this.#signals, this.#args];
    this.#actors = [];
    this.#signals = new Int32Array(size);
    this.#args = new Float64Array(size);
    for (let i = 0; i < old; i++) {
      const from = (this.#first + i) % old;
      this.#actors[i] = actors[from]!;
      this.#signals[i] = signals[from]!;
      this.#args[i] = args[from]!;
    }
    this.#first = 0;
  }
}
