import type { Flow } from '../engine/process.ts';
import type { ImageFile } from './image.ts';

/** A mounted image, as the container's accesses find it. Costs are ns where they were measured. */
export interface RootFs {
  /** All of its files are in the page cache: they were just written. */
  readonly isCached: boolean;
  /** Its files may have folios of more than one page. */
  readonly largeFolios: boolean;
  /** Most pages of one request to the file system. */
  readonly requestPagesMax: number;
  /** Readahead of a file, in pages; 0: it is read a page at a time. */
  readAheadPages(file: ImageFile): number;
  /** What it costs to look up a path's last component, beyond what a warm start pays. */
  lookupNs(path: string): number;
  /** What such a lookup waits for beside that cost; none where all metadata are local. */
  lookup?(path: string): Flow;
  /** The same to open a file. */
  openNs(file: ImageFile): number;
  /** What it works to bring pages of which it has all in memory; undefined: it does not. */
  readNs?(file: ImageFile, firstPage: number, pages: number): number | undefined;
  /** Brings pages of a file to memory. */
  read(file: ImageFile, firstPage: number, pages: number): Flow;
}
