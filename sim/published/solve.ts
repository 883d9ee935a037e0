/** Steps of the search for one value, and how close it is enough to come. */
const stepsMost = 12;
const closeEnough = 1e-4;
/** Of a step, in logarithms. */
const stepMost = 1.5;

/**
 * The argument at which a function that grows, or falls, all along has a value: a secant search in logarithms.
 *
 * @returns the best that was found, which is not close where the function does not reach the value
 */
export function solve(valueAt: (x: number) => number, from: number, target: number): number {
  let x = Math.log(from);
  let error = Math.log(valueAt(from) / target);
  let slope = 1;
  let best = { x, error };
  for (let step = 0; step < stepsMost && Math.abs(error) > closeEnough; step++) {
    const change = Math.max(-stepMost, Math.min(stepMost, -error / slope));
    const next = Math.log(valueAt(Math.exp(x + change)) / target);
    const found = (next - error) / change;
    // Flat: nothing to go by, so go on as before.
    if (Number.isFinite(found) && Math.abs(found) > 1e-3) slope = found;
    x += change;
    error = next;
    if (Math.abs(error) < Math.abs(best.error)) best = { x, error };
  }
  return Math.exp(best.x);
}
