import type { Actor } from './actor.ts';

/** Begins something that takes time; whoever waits gets the signal once, when it is over, or at once if it is. */
export type Wait = (actor: Actor, signal: number, arg: number) => void;

/** Something that ends once, for which others may wait. */
export class Completion {
  #hasEnded = false;
  // Most have one who waits: no list for it.
  #actor: Actor | undefined;
  #signal = 0;
  #arg = 0;
  #others: { actor: Actor; signal: number; arg: number }[] | undefined;

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits for the end. */
  get end(): Wait {
    return (actor, signal, arg) => {
      if (this.#hasEnded) actor.receive(signal, arg);
      else if (this.#actor) (this.#others ??= []).push({ actor, signal, arg });
      else {
        this.#actor = actor;
        this.#signal = signal;
        this.#arg = arg;
      }
    };
  }

  /** Tells all who wait, in the order in which they came. */
  protected complete(): void {
    this.#hasEnded = true;
    this.#actor?.receive(this.#signal, this.#arg);
    if (this.#others) for (const { actor, signal, arg } of this.#others) actor.receive(signal, arg);
  }
}
