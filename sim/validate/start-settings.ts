import { TrioError } from '../../trio/errors.ts';
import type { OpenRecord } from '../../trio/trace/record-views.ts';
import type { SameFile } from '../pagecache/comparison.ts';
import { erofsMagic, type Kernel } from '../pagecache/kernel.ts';
import type { FileSettings } from '../pagecache/trace-files.ts';

/** What a recorded start had that the traced one (`touch`) had not; fault-around is in the recording's header. */
export interface StartSettings {
  /** How its files are found in the trace. */
  readonly sameFile: SameFile;
  readonly settingsOf: (record: Pick<OpenRecord, 'bdiRaPages' | 'ioPages'>) => FileSettings | undefined;
}

/**
 * A FUSE file system's readahead: the kernel's default of VM_READAHEAD_PAGES (128 KiB), which the daemon can only lower
 * (fs/fuse/inode.c, process_init_reply), and as much for one I/O (mm/backing-dev.c, bdi_alloc); small folios.
 */
const fuse: FileSettings = { raPages: 32, ioPages: 32, largeFolios: false };

/**
 * The settings of a start by its name, as golden/README.md lists them.
 *
 * @param kernel  that it ran on
 * @throws TrioError `UNKNOWN_START`
 */
export function settingsOfStart(name: string, kernel: Kernel): StartSettings {
  if (name === 'default' || /^fault-around-\d+k$/.test(name))
    return { sameFile: 'inode', settingsOf: () => undefined };
  if (name === 'fuse') return { sameFile: 'path', settingsOf: () => fuse };
  if (name === 'erofs') {
    // On a disk of the same kind, whose settings a file system that has one takes over (get_tree_bdev, fs/super.c).
    const largeFolios = kernel.largeFolioMagics.has(erofsMagic);
    return {
      sameFile: 'path',
      settingsOf: ({ bdiRaPages, ioPages }) => ({ raPages: bdiRaPages, ioPages, largeFolios }),
    };
  }
  const kib = name === 'demand' ? '0' : /^readahead-(\d+)k$/.exec(name)?.[1];
  if (kib === undefined)
    throw new TrioError(
      'UNKNOWN_START',
      `unknown start "${name}". Known: default, demand, fuse, erofs, readahead-<n>k, fault-around-<n>k`,
    );
  return {
    sameFile: 'inode',
    settingsOf: ({ ioPages }) => ({ raPages: Number(kib) / 4, ioPages, largeFolios: false }),
  };
}
