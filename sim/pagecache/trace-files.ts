import type { FileRecord, OpenRecord, PageRecord, RecordView } from '../../trio/trace/record-views.ts';
import { traceFlag } from '../../trio/trace/records.ts';
import type { InsertedFile } from './comparison.ts';
import { FolioList } from './folio-list.ts';
import { Inode, type BackingDevice } from './inode.ts';
import type { Kernel } from './kernel.ts';
import { OpenFile } from './open-file.ts';
import { PageCache } from './page-cache.ts';

/** FMODE_WRITE and FMODE_RANDOM */
export const writeMode = 0x2;
const randomMode = 0x1000;

/** A file of the trace, known by the inode that holds its pages. */
export class TraceFile implements InsertedFile {
  readonly dev: number;
  readonly ino: number;
  path: string | undefined;
  /** It was opened for writing: in an overlay, a file of the container's own layer, and none of the image. */
  openedForWriting = false;
  readonly inode: Inode;
  /** What the model put in the cache. */
  readonly inserted = new FolioList();
  /** The same, with what others than the traced accesses put there: all that is to be seen in the cache itself. */
  readonly cached = new FolioList();
  /** What the kernel did, for accesses in the trace. */
  readonly recorded = new FolioList();

  constructor(dev: number, ino: number, inode: Inode) {
    this.dev = dev;
    this.ino = ino;
    this.inode = inode;
  }
}

/** How a file system and its device treat an open file's readahead. */
export interface FileSettings {
  readonly raPages: number;
  readonly ioPages: number;
  readonly largeFolios: boolean;
}

/**
 * A page cache for the files of a trace, and who is who in it: inodes by device and number, open files by the trace's
 * ids. Pages that others than the traced accesses put in the cache are the state that these start from.
 */
export class TraceFiles {
  readonly cache: PageCache;
  readonly files: TraceFile[] = [];
  /** Open files that were opened before the trace began; they begin with their recorded state. */
  adopted = 0;
  /** Folios that came into the cache by others, or by nothing that the trace has. */
  foreign = 0;
  readonly #byDevice = new Map<number, Map<number, TraceFile>>();
  /** By the trace's ids. */
  readonly openFiles: (OpenFile | undefined)[] = [];
  /** Per thread, the file of its last access: what it inserts into it until the next one is that access's. */
  readonly #accessing = new Map<number, TraceFile>();

  constructor(kernel: Kernel) {
    this.cache = new PageCache(kernel);
  }

  /** A new open file, with the settings given or else those recorded. */
  open(record: OpenRecord, settings?: FileSettings): void {
    const file = this.#file(record.dev, record.ino);
    file.path ??= record.path;
    file.openedForWriting ||= (record.fMode & writeMode) !== 0;
    const { inode } = file;
    inode.sizeBytes = record.inodeBytes;
    inode.device.raPages = settings?.raPages ?? record.bdiRaPages;
    inode.device.ioPages = settings?.ioPages ?? record.ioPages;
    inode.largeFolios = settings?.largeFolios ?? (record.flags & traceFlag.LARGE_FOLIOS) !== 0;
    this.openFiles[record.fileId] = new OpenFile(inode);
  }

  /** The open file that a record is about, at the beginning of its access. */
  access(record: FileRecord): OpenFile {
    const file = this.#file(record.dev, record.ino);
    this.#accessing.set(record.tid, file);
    const open = (this.openFiles[record.fileId] ??= this.#adopt(record, file.inode));
    open.inode.sizeBytes = record.inodeBytes;
    return open;
  }

  /** The file in which the kernel reads for itself; it has no open file. */
  accessPage(record: RecordView & { readonly dev: number; readonly ino: number }): Inode {
    const file = this.#file(record.dev, record.ino);
    this.#accessing.set(record.tid, file);
    return file.inode;
  }

  of(inode: Inode): TraceFile {
    return this.files[inode.id]!;
  }

  /** Moves the model's insertions to the files' lists. */
  collect(): void {
    const { insertions } = this.cache;
    for (let i = 0; i < insertions.length; i++) {
      const file = this.files[insertions.inode(i)]!;
      file.inserted.push(insertions.firstPage(i), insertions.order(i));
      file.cached.push(insertions.firstPage(i), insertions.order(i));
    }
    insertions.clear();
  }

  /** A recorded insertion: by a traced access, or foreign, and then it is done in the model too. */
  insert(record: PageRecord): void {
    const { index, order } = record;
    const file = this.#file(record.dev, record.ino);
    if (this.#accessing.get(record.tid) === file) {
      file.recorded.push(index, order);
      return;
    }
    this.foreign++;
    if (!file.inode.isFree(index, index + 2 ** order)) return;
    file.inode.insert(index, order, false);
    file.cached.push(index, order);
  }

  delete(record: PageRecord): void {
    const { inode } = this.#file(record.dev, record.ino);
    for (let page = record.index; page < record.index + 2 ** record.order; page++) inode.remove(page);
  }

  #file(dev: number, ino: number): TraceFile {
    let onDevice = this.#byDevice.get(dev);
    if (!onDevice) this.#byDevice.set(dev, (onDevice = new Map<number, TraceFile>()));
    let file = onDevice.get(ino);
    if (!file) {
      const device: BackingDevice = { raPages: 0, ioPages: 0 };
      file = new TraceFile(dev, ino, new Inode(this.files.length, 0, device));
      onDevice.set(ino, file);
      this.files.push(file);
    }
    return file;
  }

  #adopt(record: FileRecord, inode: Inode): OpenFile {
    this.adopted++;
    inode.device.raPages ||= record.raPages;
    inode.device.ioPages ||= record.ioPages;
    const open = new OpenFile(inode);
    open.startPage = record.raStartPage;
    open.sizePages = record.raSizePages;
    open.asyncPages = record.raAsyncPages;
    open.raPages = record.raPages;
    open.mmapMiss = record.raMmapMiss;
    open.prevPosBytes = record.raPrevPosBytes;
    open.random = isRandom(record);
    return open;
  }
}

/** The file has POSIX_FADV_RANDOM. */
export function isRandom(record: FileRecord): boolean {
  return (record.fMode & randomMode) !== 0;
}
