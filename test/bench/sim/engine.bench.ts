import { expect, test } from 'vitest';
import type { Actor } from '../../../sim/engine/actor.ts';
import { Engine, type Source } from '../../../sim/engine/engine.ts';
import { millions, perSecond } from '../../support/rates.ts';

const events = 200_000;

/** The delays, made without chance. */
const delays = Int32Array.from({ length: 4096 }, (_, i) => 1 + (Math.imul(i + 1, 2654435761) >>> 20));

/** Each event schedules the next of its kind: the hold model, with so many events in the queue. */
class Hold implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  #left = events;

  constructor(engine: Engine, waiting: number) {
    this.#engine = engine;
    this.#source = engine.source();
    for (let i = 0; i < waiting; i++) this.receive(i & 3, i);
  }

  receive(signal: number, arg: number): void {
    if (this.#left-- > 0) this.#engine.after(delays[this.#left & 4095]!, this.#source, this, signal, arg);
  }
}

/** The same with a generator for what each signal does, resumed for each event. */
class HoldGenerator implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #steps: Generator<number, void, number>[];

  constructor(engine: Engine, waiting: number) {
    this.#engine = engine;
    this.#source = engine.source();
    let left = events;
    function* hold(): Generator<number, void, number> {
      while (left-- > 0) yield delays[left & 4095]!;
    }
    this.#steps = Array.from({ length: waiting }, hold);
    for (let i = 0; i < waiting; i++) this.receive(0, i);
  }

  receive(_: number, arg: number): void {
    const { value } = this.#steps[arg]!.next(0);
    if (value !== undefined) this.#engine.after(value, this.#source, this, 0, arg);
  }
}

/** An array kept in order, as a queue is written first. */
function sortedArray(waiting: number): void {
  const queue: { time: number; n: number; act: () => void }[] = [];
  let left = events;
  let now = 0;
  const schedule = () => {
    if (left-- <= 0) return;
    const event = { time: now + delays[left & 4095]!, n: left, act: schedule };
    let low = 0;
    for (let high = queue.length; low < high;) {
      const middle = (low + high) >> 1;
      if (queue[middle]!.time > event.time) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, event);
  };
  for (let i = 0; i < waiting; i++) schedule();
  for (let event = queue.pop(); event; event = queue.pop()) {
    now = event.time;
    event.act();
  }
}

// The sorted array moves memory for each event: quick for few, and what does not scale.
const cases = [
  { waiting: 100, atLeast: 0.3 },
  { waiting: 1000, atLeast: 0.3 },
  { waiting: 10_000, atLeast: 1.5 },
];

test.for(cases)(
  'events, $waiting of them waiting',
  { timeout: 120_000 },
  async ({ waiting, atLeast }, { bench }) => {
    const result = await bench.compare(
      bench('the engine', () => {
        const engine = new Engine();
        new Hold(engine, waiting);
        engine.run();
      }),
      bench('the engine, with a generator resumed for each event', () => {
        const engine = new Engine();
        new HoldGenerator(engine, waiting);
        engine.run();
      }),
      bench('a sorted array', () => sortedArray(waiting)),
    );
    const names = [
      'the engine',
      'the engine, with a generator resumed for each event',
      'a sorted array',
    ] as const;
    const rates = names.map((name) => perSecond(result.get(name), events));
    names.forEach((name, i) => console.log(`events, ${waiting} waiting, ${name}: ${millions(rates[i]!)}`));
    expect(rates[0]! / rates[2]!).toBeGreaterThan(atLeast);
  },
);
