import { crfsLazy } from './crfs-lazy.ts';
import { crfs } from './crfs.ts';
import { full } from './full.ts';
import type { System } from './system.ts';

/** All systems, in the order of tables. */
export const systems: readonly System[] = [full, crfs, crfsLazy];
