import type { Kernel } from '../pagecache/kernel.ts';
import { Generations } from './generations.ts';
import type { Lru, Surroundings } from './lru.ts';
import { TwoLists } from './two-lists.ts';

/** The order of eviction that a kernel has. */
export function lruOf(kernel: Kernel, around: Surroundings): Lru {
  return kernel.reclaim === 'lists' ? new TwoLists(around) : new Generations(around);
}
