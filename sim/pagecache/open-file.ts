import type { Inode } from './inode.ts';

/** An open file and its readahead state (struct file_ra_state, and FMODE_RANDOM); integers only. */
export class OpenFile {
  readonly inode: Inode;
  /** The last window: its first page, its size, and how much of it lies behind the mark. */
  startPage = 0;
  sizePages = 0;
  asyncPages = 0;
  /** Copied from the device when the file is opened; POSIX_FADV_SEQUENTIAL doubles it. */
  raPages: number;
  /** Faults on missing pages less faults on cached ones. */
  mmapMiss = 0;
  /** Behind the last byte that was read; -1: nothing was. */
  prevPosBytes = -1;
  /** POSIX_FADV_RANDOM. */
  random = false;

  constructor(inode: Inode) {
    this.inode = inode;
    this.raPages = inode.device.raPages;
  }
}
