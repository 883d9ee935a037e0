import type { RandomStream } from '../engine/random.ts';

const rounds = 6;

/**
 * A drawn permutation of the numbers below `count`, each computed by itself: nothing is stored. A Feistel network
 * permutes the numbers of an even number of bits; what falls beyond the count goes through again until it does not.
 */
export function permutation(count: number, draws: RandomStream): (index: number) => number {
  if (!(Number.isInteger(count) && count >= 1 && count <= 2 ** 30))
    throw new Error(`no permutation of ${count} numbers`);
  const halfBits = Math.max(1, Math.ceil(Math.log2(count) / 2));
  const mask = 2 ** halfBits - 1;
  const keys = Array.from({ length: rounds }, () => draws.below(2 ** 32));
  const once = (value: number) => {
    let left = value >>> halfBits;
    let right = value & mask;
    for (const key of keys) [left, right] = [right, left ^ (mixed(right ^ key) & mask)];
    return left * (mask + 1) + right;
  };
  return (index) => {
    let value = once(index);
    while (value >= count) value = once(value);
    return value;
  };
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mixed(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
