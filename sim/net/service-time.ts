import type { RandomStream } from '../engine/random.ts';
import type { HttpRequest } from './http-request.ts';

/**
 * How long a server works on a request before the first byte of its answer, ns; one draw a call.
 *
 * @param resourceBytes  of what is asked for
 * @param bodyBytes      of the answer's body
 */
export type ServiceTime = (request: HttpRequest, resourceBytes: number, bodyBytes: number) => number;

export function constantTime(ns: number): ServiceTime {
  if (!(ns >= 0 && ns < Infinity)) throw new Error(`a service time cannot be ${ns} ns`);
  return () => Math.round(ns);
}

/**
 * Each of these times by a log-normal factor: most requests near it, a few much slower, as servers answer under load.
 *
 * @param spread  standard deviation of the logarithm: at 1 one in 44 takes more than 7.4 times as long
 */
export function spreadTime(time: ServiceTime, spread: number, random: RandomStream): ServiceTime {
  if (!(spread >= 0 && spread < Infinity)) throw new Error(`there is no log-normal spread of ${spread}`);
  return (request, resourceBytes, bodyBytes) =>
    Math.round(time(request, resourceBytes, bodyBytes) * Math.exp(spread * normal(random)));
}

/** Marsaglia's polar method: of what is not exact in every engine, it takes only the logarithm. */
function normal(random: RandomStream): number {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}
