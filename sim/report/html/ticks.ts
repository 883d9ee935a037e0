/** Round values from 0 to an end, about five. */
export function axisTicks(end: number): number[] {
  if (!(end > 0)) return [0];
  const power = 10 ** Math.floor(Math.log10(end / 5));
  const step = power * ([1, 2, 5].find((factor) => end / (factor * power) <= 6) ?? 10);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}
