import type { Actor } from '../engine/actor.ts';
import type { Wait } from '../engine/completion.ts';
import type { Node } from '../host/node.ts';
import type { Observer } from './observer.ts';
import type { Prober } from './prober.ts';

/**
 * The program's work that is due before the next thing that takes time otherwise, as one piece. Does nothing but to
 * count until somebody waits for it; an actor and no flow, because a start does thousands of pieces.
 */
export class DueWork implements Actor {
  /** Below zero: time to the good, which the next work does not take. */
  ns = 0;
  /** What others do before it is done. */
  othersNs = 0;
  /** Who waited goes on because work is done, and nobody else is told of that: it may let time pass. */
  isDirect = false;
  /** The next step, and the first whose work is due. */
  nextStep = 0;
  #firstStep = 0;
  readonly #node: Node;
  readonly #prober: Prober;
  readonly #observer: Observer | undefined;
  #fromNs = 0;
  /** Who waits; the program is one flow. */
  #actor: Actor | undefined;
  #signal = 0;
  #arg = 0;

  constructor(node: Node, prober: Prober, observer: Observer | undefined) {
    this.#node = node;
    this.#prober = prober;
    this.#observer = observer;
  }

  /**
   * Does what is due, at once if nothing else happens until it is done.
   *
   * @returns whether `done` must be waited for
   */
  begin(): boolean {
    if (this.ns <= 0) return false;
    const { ns, othersNs } = this;
    const { engine, host } = this.#node;
    this.ns = 0;
    this.othersNs = 0;
    this.#fromNs = engine.nowNs;
    this.#prober.stepAside(ns, othersNs);
    const work = host.costNs(ns);
    if (this.isDirect && host.cores.serveAlone(work)) {
      this.#end();
      return false;
    }
    host.cores.serve(work, this, 0);
    return true;
  }

  /** Waits for what `begin` could not do at once. */
  readonly done: Wait = (actor, signal, arg) => {
    this.#actor = actor;
    this.#signal = signal;
    this.#arg = arg;
  };

  receive(): void {
    this.#end();
    this.isDirect = true;
    this.#actor!.receive(this.#signal, this.#arg);
    this.isDirect = false;
  }

  #end(): void {
    this.#prober.goOn();
    const steps = { first: this.#firstStep, end: this.nextStep };
    this.#firstStep = this.nextStep;
    this.#observer?.worked(steps, { fromNs: this.#fromNs, toNs: this.#node.engine.nowNs });
  }
}
