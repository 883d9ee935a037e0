import { stargz } from './stargz.ts';

/** The stargz snapshotter fetching only what is read: no prefetch, no background fetch. */
export const crfsLazy = stargz(
  'crfs-lazy',
  'CRFS: stargz snapshotter, on demand only',
  'noprefetch = true\nno_background_fetch = true',
);
