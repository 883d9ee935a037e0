import type { Parameters } from '../parameters/parameters.ts';

/** A parameter's value; what reads it is made anew when it has another one. */
export type Reads = (name: string) => number;

interface Kept<R> {
  readonly read: ReadonlyMap<string, number>;
  readonly result: R;
}

/**
 * What is made of two things that never change, and of parameters: kept as long as the things are, and made anew when a
 * parameter that it was made of has another value. A sweep makes it once, unless such a parameter is swept.
 *
 * @param make  must read parameters with `reads` alone, and all of them before it returns
 */
export function kept<A extends object, B extends object, R>(
  make: (a: A, b: B, reads: Reads) => R,
): (a: A, b: B, parameters: Parameters) => R {
  const all = new WeakMap<A, WeakMap<B, Kept<R>>>();
  return (a, b, parameters) => {
    let ofA = all.get(a);
    if (!ofA) all.set(a, (ofA = new WeakMap<B, Kept<R>>()));
    const known = ofA.get(b);
    if (known && [...known.read].every(([name, value]) => parameters.get(name) === value))
      return known.result;
    const read = new Map<string, number>();
    let isMaking = true;
    const result = make(a, b, (name) => {
      if (!isMaking) throw new Error(`${name} is read too late for what is kept`);
      const value = parameters.get(name);
      read.set(name, value);
      return value;
    });
    isMaking = false;
    ofA.set(b, { read, result });
    return result;
  };
}
