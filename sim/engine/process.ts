import type { Actor } from './actor.ts';
import { Completion, type Wait } from './completion.ts';

/** What happens one after the other, as a generator of what it waits for. */
export type Flow<T = void> = Generator<Wait, T, void>;

/**
 * A flow that runs. For what happens some hundred times in a run, like the steps of a pull, where a state machine
 * would hide the order; what happens per page or per packet is an `Actor` of its own.
 *
 * Its generator is a function of a module or a method of a class, never an expression in a start: V8 gives each new
 * generator function a hidden class, which keeps all that the function closes over, here the start, until the next full
 * collection. Where a start made some, a quarter of a sweep was the scavenger copying starts that were over.
 */
export class Process extends Completion implements Actor {
  readonly #flow: Flow<unknown>;

  constructor(flow: Flow<unknown>) {
    super();
    this.#flow = flow;
    this.receive();
  }

  receive(): void {
    const step = this.#flow.next();
    if (step.done === true) this.complete();
    else step.value(this, 0, 0);
  }
}

/** Runs flows at the same time; ends when all have. */
export function* all(flows: readonly Flow<unknown>[]): Flow {
  const processes = flows.map((flow) => new Process(flow));
  for (const { end } of processes) yield end;
}
