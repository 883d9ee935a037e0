import type { Engine } from '../engine/engine.ts';
import type { Wait } from '../engine/completion.ts';
import type { Flow } from '../engine/process.ts';
import { Semaphore } from '../engine/semaphore.ts';
import type { Host } from './host.ts';

/** After this long a goroutine has to give way (Go's runtime/proc.go, forcePreemptNS), ns where work was measured. */
const turnNs = 10e6;

/**
 * A program in Go: of its goroutines as many run at a time as there are processors (GOMAXPROCS). One has its processor
 * until it waits for something else, or its turn is over. So however many have something to do, on one processor their
 * program gets one share of it.
 */
export class GoProgram {
  /** A goroutine has something to do: waits for a processor. */
  readonly enter: Wait;
  readonly #host: Host;
  readonly #processors: Semaphore;

  constructor(engine: Engine, host: Host, cores: number) {
    this.#host = host;
    this.#processors = new Semaphore(engine, cores);
    this.enter = (actor, signal, arg) => this.#processors.acquire(actor, signal, arg);
  }

  /** A goroutine that has a processor will wait for something else, or ends. */
  leave(): void {
    this.#processors.release();
  }

  /** What a goroutine that has a processor works, and then still has one, that took so long where it was measured. */
  *work(measuredNs: number): Flow {
    for (let leftNs = measuredNs; leftNs > 0; leftNs -= turnNs) {
      yield this.#host.work(Math.min(leftNs, turnNs));
      if (leftNs <= turnNs) return;
      this.leave();
      yield this.enter;
    }
  }
}
