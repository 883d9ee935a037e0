/** A touch of a mapped page that the program made in one start, but not in the one that the prediction is made from. */
export interface OtherTouch {
  readonly path: string;
  readonly page: number;
  /** It comes before the first touch of this page of the file. */
  readonly beforePage: number;
}

/** Where the pages of a start are not the predicted ones, and why. Pages as `pageRanges` writes them. */
export interface PageDifference {
  readonly guest: string;
  readonly workload: string;
  readonly start: string;
  readonly path: string;
  readonly missed: string;
  readonly extra: string;
  readonly outOfOrder: string;
  /** What the program did otherwise. With it, the prediction must be exact: that is the proof. */
  readonly touch: OtherTouch;
}

// redis-server (a link to redis-check-rdb) touches page 459 in its last milliseconds before Ready, or not: its event
// loop takes timers and the first connection as they come. In the start `touch` of debian-13 it was ready without.
// In `readahead-64k`, 459 is not cached, and comes alone: the pages around it are there (do_sync_mmap_readahead,
// mm/filemap.c). In the other two it is the marked page at three quarters of a read-around, 435-466: its touch reads
// from the next hole on, 484-490 (do_async_mmap_readahead, mm/filemap.c; page_cache_async_ra, mm/readahead.c), before
// the program gets there by itself. Read in linux-source-6.12.
const path = '/usr/bin/redis-check-rdb';
const redis = {
  ...{ guest: 'debian-13', workload: 'redis', path, extra: '' },
  touch: { path, page: 459, beforePage: 218 },
};

/**
 * All differences between the recordings in golden/ and the model's predictions from them. None is the model's: a
 * start whose program did something else than the traced one cannot be predicted from it.
 */
export const pageDifferences: readonly PageDifference[] = [
  { ...redis, start: 'default', missed: '', outOfOrder: '484-490 209-215' },
  { ...redis, start: 'fuse', missed: '', outOfOrder: '484-490 209-215' },
  { ...redis, start: 'readahead-64k', missed: '459', outOfOrder: '' },
];
