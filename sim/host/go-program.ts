import type { Engine } from '../engine/engine.ts';
import type { Flow } from '../engine/process.ts';
import { Semaphore } from '../engine/semaphore.ts';
import type { Host } from './host.ts';

/** After this long a goroutine has to give way (Go's runtime/proc.go, forcePreemptNS), ns where work was measured. */
const turnNs = 10e6;

/**
 * A program in Go: of its goroutines as many work at a time as there are processors (GOMAXPROCS), and take turns. So
 * however many have something to do, on one processor their program gets one share of it.
 */
export class GoProgram {
  readonly #host: Host;
  readonly #processors: Semaphore;

  constructor(engine: Engine, host: Host, cores: number) {
    this.#host = host;
    this.#processors = new Semaphore(engine, cores);
  }

  /** What a goroutine works that took so long where it was measured. */
  *work(measuredNs: number): Flow {
    for (let leftNs = measuredNs; leftNs > 0; leftNs -= turnNs) {
      yield this.#processors.acquire.bind(this.#processors);
      yield this.#host.work(Math.min(leftNs, turnNs));
      this.#processors.release();
    }
  }
}
