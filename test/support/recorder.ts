import type { Actor } from '../../sim/engine/actor.ts';
import type { Engine } from '../../sim/engine/engine.ts';

/** An actor that writes down when it gets what. */
export class Recorder implements Actor {
  readonly log: [timeNs: number, signal: number, arg: number][] = [];
  readonly #engine: Engine;
  readonly #then: (signal: number, arg: number) => void;

  constructor(engine: Engine, then: (signal: number, arg: number) => void = () => {}) {
    this.#engine = engine;
    this.#then = then;
  }

  receive(signal: number, arg: number): void {
    this.log.push([this.#engine.nowNs, signal, arg]);
    this.#then(signal, arg);
  }
}
