import { debian12 } from './debian-12.ts';
import { debian13 } from './debian-13.ts';
import type { Guest } from './guest.ts';

/** All guests; the first one is the default. */
export const guests: readonly Guest[] = [debian13, debian12];
