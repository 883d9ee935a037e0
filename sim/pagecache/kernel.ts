/**
 * Where the kernels' page caches differ; all else is common. Read in mm/readahead.c, mm/filemap.c,
 * include/linux/pagevec.h and the file systems of Debian's linux-source-6.1 (6.1.192-2) and linux-source-6.12
 * (6.12.117-1~deb12u1).
 *
 * A kernel in between takes some of each (6.6 has splice reads of its own, but still one `ondemand_readahead`): a
 * third table here, not a new branch elsewhere.
 */
export interface Kernel {
  readonly version: string;
  /** PAGEVEC_SIZE: a read looks up this many folios at a time. */
  readonly batchFolios: number;
  /**
   * `ondemand`: one function for a missing page and for a marked one, which also takes the page right behind the
   * window for sequential and merges two windows where one read would hit the mark that it has just made.
   * `split`: page_cache_sync_ra and page_cache_async_ra.
   */
  readonly windows: 'ondemand' | 'split';
  /** A read writes prev_pos for each batch, not once at its end: its later batches then look sequential. */
  readonly prevPosPerBatch: boolean;
  /** What page_cache_next_miss answers without a hole: the last page looked at (it is there), or the one behind. */
  readonly noHole: 'last' | 'behind';
  /** The order of a folio may be 1. */
  readonly orderOne: boolean;
  /** A window that begins behind the end of a file with large folios grows by the distance. */
  readonly growBehindEnd: boolean;
  /** `splice` reaches the page cache as itself, not as a read. */
  readonly spliceReads: boolean;
  /** s_magic of the file systems whose files have large folios (mapping_set_large_folios) and that hold images. */
  readonly largeFolioMagics: ReadonlySet<number>;
  /**
   * Which order file pages are reclaimed in, as Debian configures its kernels: the active and the inactive list, or
   * generations (CONFIG_LRU_GEN_ENABLED).
   */
  readonly reclaim: 'lists' | 'generations';
}

const xfsMagic = 0x58465342;
export const erofsMagic = 0xe0f5e1e2;

export const linux61: Kernel = {
  version: '6.1',
  batchFolios: 15,
  windows: 'ondemand',
  prevPosPerBatch: true,
  noHole: 'last',
  orderOne: false,
  growBehindEnd: true,
  spliceReads: false,
  largeFolioMagics: new Set([xfsMagic]),
  reclaim: 'lists',
};

export const linux612: Kernel = {
  version: '6.12',
  batchFolios: 31,
  windows: 'split',
  prevPosPerBatch: false,
  noHole: 'behind',
  orderOne: true,
  growBehindEnd: false,
  spliceReads: true,
  largeFolioMagics: new Set([xfsMagic, erofsMagic]),
  reclaim: 'generations',
};

export const kernels: readonly Kernel[] = [linux61, linux612];

/** The model of the kernel with this release, e.g. `6.12.107+deb13-amd64`; undefined for one that has none. */
export function kernelOf(release: string): Kernel | undefined {
  return kernels.find(({ version }) => release === version || /^[.-]/.test(suffixBehind(release, version)));
}

function suffixBehind(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : '';
}
