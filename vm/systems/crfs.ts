import { stargz } from './stargz.ts';

/** Lazy loading by files and chunks: the stargz snapshotter with its defaults (prefetch, background fetch). */
export const crfs = stargz('crfs', 'CRFS: stargz snapshotter, defaults', '');
