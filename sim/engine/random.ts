import seedrandom from 'seedrandom';

/**
 * All chance in the simulator. One root seed; each purpose has a stream of its own, made of the seed and the purpose's
 * name, so that a draw more in one model does not move the draws of another.
 */
export class Randomness {
  readonly seed: string;
  readonly #purposes = new Set<string>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** Whether anything is drawn at all. */
  get isUsed(): boolean {
    return this.#purposes.size > 0;
  }

  /** @param purpose  e.g. `network loss`; each has one user, who would else move the draws of the other */
  stream(purpose: string): RandomStream {
    if (this.#purposes.has(purpose)) throw new Error(`there is a random stream for '${purpose}' already`);
    this.#purposes.add(purpose);
    return new RandomStream(JSON.stringify([this.seed, purpose]));
  }
}

export class RandomStream {
  readonly #next: () => number;

  constructor(seed: string) {
    this.#next = seedrandom(seed);
  }

  /** In [0, 1). */
  uniform(): number {
    return this.#next();
  }

  /** An integer in [0, end). */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }
}
