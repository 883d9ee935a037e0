/** The part of a benchmark's result that a rate is made of. */
interface Measured {
  readonly latency: { readonly p50: number };
}

/** How often a second what a benchmark does `times` in each run, in the median run. */
export function perSecond(result: Measured, times: number): number {
  return (times * 1000) / result.latency.p50;
}

/** E.g. `23.4 M/s`. */
export function millions(rate: number): string {
  return `${(rate / 1e6).toFixed(1)} M/s`;
}
