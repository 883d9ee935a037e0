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

/** Draws from what was measured, each value as likely as the others. */
export function measuredTime(samplesNs: readonly number[], random: RandomStream): ServiceTime {
  if (samplesNs.length === 0 || !samplesNs.every((ns) => ns >= 0 && ns < Infinity))
    throw new Error('measured service times must be some, and none below zero');
  return () => Math.round(samplesNs[random.below(samplesNs.length)]!);
}

/**
 * Log-normal: most requests near the median, a few much slower, as servers answer under load.
 *
 * @param spread  standard deviation of the logarithm: 0 is constant, at 1 one in 44 takes more than 7.4 times the median
 */
export function logNormalTime(medianNs: number, spread: number, random: RandomStream): ServiceTime {
  if (!(medianNs >= 0 && medianNs < Infinity && spread >= 0 && spread < Infinity))
    throw new Error(`there is no log-normal service time with median ${medianNs} ns and spread ${spread}`);
  return () => {
    // Marsaglia's polar method: of what is not exact in every engine, it takes only the logarithm.
    for (;;) {
      const x = 2 * random.uniform() - 1;
      const y = 2 * random.uniform() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const normal = x * Math.sqrt((-2 * Math.log(square)) / square);
      return Math.round(medianNs * Math.exp(spread * normal));
    }
  };
}
