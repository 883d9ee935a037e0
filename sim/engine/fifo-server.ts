import type { Actor } from './actor.ts';
import type { Engine, Source } from './engine.ts';

/**
 * Servers that take jobs in the order of their arrival, each until it is done: a device, or cores without preemption.
 * Whoever is served knows the service time beforehand, so that the end is known at arrival and no queue is needed.
 */
export class FifoServer {
  readonly #engine: Engine;
  readonly #source: Source;
  /** Per server, when it has done all that it was given. */
  readonly #freeAtNs: Float64Array;
  /** Service given so far, of all servers. */
  busyNs = 0;

  constructor(engine: Engine, servers = 1) {
    if (!Number.isInteger(servers) || servers < 1) throw new Error(`there cannot be ${servers} servers`);
    this.#engine = engine;
    this.#source = engine.source();
    this.#freeAtNs = new Float64Array(servers);
  }

  /** Delivers the signal when the job is done. */
  serve(serviceNs: number, actor: Actor, signal: number, arg = 0): void {
    let server = 0;
    for (let i = 1; i < this.#freeAtNs.length; i++)
      if (this.#freeAtNs[i]! < this.#freeAtNs[server]!) server = i;
    const endNs = Math.max(this.#engine.nowNs, this.#freeAtNs[server]!) + serviceNs;
    this.#engine.at(endNs, this.#source, actor, signal, arg);
    this.#freeAtNs[server] = endNs;
    this.busyNs += serviceNs;
  }
}
