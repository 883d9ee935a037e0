import type { Engine, Source } from '../engine/engine.ts';
import { FairServer } from '../engine/fair-server.ts';
import type { Wait } from '../engine/completion.ts';
import type { Flow } from '../engine/process.ts';

/** The machine that starts the container: its processors. */
export class Host {
  readonly engine: Engine;
  readonly cores: FairServer;
  readonly #source: Source;
  readonly #cores: number;
  /** Times faster than the machine on which costs were measured. */
  readonly #speed: number;

  constructor(engine: Engine, cores: number, speed: number) {
    this.engine = engine;
    this.#source = engine.source();
    this.cores = new FairServer(engine, cores, 1);
    this.#cores = cores;
    this.#speed = speed;
  }

  /** What the processors have worked so far, ns of one of them: for the node, and for the registry if it is there too. */
  get busyNs(): number {
    return this.cores.workDone;
  }

  /** From now on, something else takes this share of one of the processors, before all others. */
  takeShare(share: number): void {
    if (!(share >= 0 && share < 1)) throw new Error(`there is no share ${share} of a processor`);
    this.cores.capacityPerNs = this.#cores - share;
  }

  /** What work takes here that took so long where it was measured. */
  costNs(measuredNs: number): number {
    return measuredNs / this.#speed;
  }

  /** Waits until a processor has done work that took so long where it was measured. */
  work(measuredNs: number): Wait {
    const ns = this.costNs(measuredNs);
    return (actor, signal, arg) => {
      this.cores.serve(ns, actor, signal, arg);
    };
  }

  /** The same as a flow of its own. */
  *doWork(measuredNs: number): Flow {
    yield this.work(measuredNs);
  }

  /** Waits without working. */
  sleep(ns: number): Wait {
    return (actor, signal, arg) => void this.engine.after(Math.round(ns), this.#source, actor, signal, arg);
  }
}
