import type { PathTable } from './path-table.ts';
import type { RecordWindow } from './record-window.ts';
import * as at from './records.ts';

/**
 * A record as its type sees it. A view is a window, not a copy: there is one per type, it is moved from record to
 * record, and what it says holds only until the visitor returns. Fields are decoded when they are asked for.
 */
export class RecordView {
  protected window!: RecordWindow;

  /** Moves the view to the window's current record. */
  over(window: RecordWindow): this {
    this.window = window;
    return this;
  }

  /** One of `recordType`. */
  get type(): number {
    return this.window.type;
  }
  get timeNs(): number {
    return this.window.timeNs;
  }
  get cpu(): number {
    return this.window.cpu;
  }
  get seq(): number {
    return this.window.seq;
  }
  get sizeBytes(): number {
    return this.window.sizeBytes;
  }
  get tgid(): number {
    return this.window.u32(at.record.tgid);
  }
  get tid(): number {
    return this.window.u32(at.record.tid);
  }
  /** The window, for readers that want the record's bytes. */
  get raw(): RecordWindow {
    return this.window;
  }
}

export class MarkRecord extends RecordView {
  get text(): string {
    const { window } = this;
    const textBytes = window.u32(at.mark.text_bytes);
    if (at.mark.text.offset + textBytes > window.sizeBytes)
      throw window.error(`its text of ${textBytes} bytes does not fit`);
    const start = window.at + at.mark.text.offset;
    return new TextDecoder().decode(window.bytes.subarray(start, start + textBytes));
  }
}

/** A record of an access: the open file, its inode, and its readahead state before the access. */
export class FileRecord extends RecordView {
  /** The open file: numbered from 0 in order of first appearance, each open a number of its own. */
  fileId = 0;

  get ino(): number {
    return this.window.u64(at.file.ino, 'ino');
  }
  get dev(): number {
    return this.window.u32(at.file.dev);
  }
  get inodeBytes(): number {
    return this.window.u64(at.file.inode_bytes, 'inode_bytes');
  }
  /** -1 at the beginning. */
  get raPrevPosBytes(): number {
    return this.window.s64(at.file.ra_prev_pos, 'ra_prev_pos');
  }
  get raStartPage(): number {
    return this.window.u64(at.file.ra_start, 'ra_start');
  }
  get raSizePages(): number {
    return this.window.u32(at.file.ra_size);
  }
  get raAsyncPages(): number {
    return this.window.u32(at.file.ra_async_size);
  }
  get raPages(): number {
    return this.window.u32(at.file.ra_pages);
  }
  get raMmapMiss(): number {
    return this.window.u32(at.file.ra_mmap_miss);
  }
  get fMode(): number {
    return this.window.u32(at.file.f_mode);
  }
  get ioPages(): number {
    return this.window.u32(at.file.io_pages);
  }
}

export class OpenRecord extends FileRecord {
  readonly #paths: PathTable;
  constructor(paths: PathTable) {
    super();
    this.#paths = paths;
  }
  get bdiRaPages(): number {
    return this.window.u32(at.open.bdi_ra_pages);
  }
  /** Bits of `traceFlag`. */
  get flags(): number {
    return this.window.u32(at.open.flags);
  }
  get mode(): number {
    return this.window.u32(at.open.mode);
  }
  get nlink(): number {
    return this.window.u32(at.open.nlink);
  }
  get fsMagic(): number {
    return this.window.u32(at.open.fs_magic);
  }
  /** Undefined if the kernel gave none (NO_PATH, PATH_TRUNCATED). */
  get path(): string | undefined {
    return pathAt(this.window, this.#paths, at.open.path_bytes, at.open.path.offset);
  }
}

export class ReadRecord extends FileRecord {
  get posBytes(): number {
    return this.window.s64(at.read.pos, 'pos');
  }
  /** What was asked for; the read ends at the file's end. */
  get countBytes(): number {
    return this.window.clipped(at.read.count);
  }
  get kiFlags(): number {
    return this.window.u32(at.read.ki_flags);
  }
}

export class SpliceRecord extends FileRecord {
  get posBytes(): number {
    return this.window.s64(at.splice.pos, 'pos');
  }
  get countBytes(): number {
    return this.window.clipped(at.splice.count);
  }
  get pipeSlotsFree(): number {
    return this.window.u32(at.splice.pipe_slots_free);
  }
}

/** `mm`s are numbered from 0 in order of first appearance; addresses are in pages, which are exact. */
export class FaultRecord extends FileRecord {
  mmId = 0;
  get index(): number {
    return this.window.u64(at.fault.index, 'index');
  }
  get addressPage(): number {
    return this.window.addressPage(at.fault.address);
  }
  get vmStartPage(): number {
    return this.window.addressPage(at.fault.vm_start);
  }
  get vmEndPage(): number {
    return this.window.addressPage(at.fault.vm_end);
  }
  get vmPgoff(): number {
    return this.window.u64(at.fault.vm_pgoff, 'vm_pgoff');
  }
  /** The lower 32 bits, which hold all that decides about readahead (VM_RAND_READ, VM_SEQ_READ, VM_HUGEPAGE). */
  get vmFlags(): number {
    return this.window.view.getUint32(this.window.at + at.fault.vm_flags.offset, true);
  }
  /** enum fault_flag */
  get flags(): number {
    return this.window.u32(at.fault.flags);
  }
}

export class MapPagesRecord extends FileRecord {
  mmId = 0;
  get firstIndex(): number {
    return this.window.u64(at.mapPages.first, 'first');
  }
  /** Included. */
  get lastIndex(): number {
    return this.window.u64(at.mapPages.last, 'last');
  }
  get addressPage(): number {
    return this.window.addressPage(at.mapPages.address);
  }
}

export class AdviseRecord extends FileRecord {
  get posBytes(): number {
    return this.window.s64(at.advise.pos, 'pos');
  }
  /** 0: to the end. */
  get countBytes(): number {
    return this.window.s64(at.advise.count, 'count');
  }
  /** POSIX_FADV_… */
  get advice(): number {
    return this.window.s32(at.advise.advice);
  }
}

export class ReadPageRecord extends RecordView {
  get ino(): number {
    return this.window.u64(at.readPage.ino, 'ino');
  }
  get dev(): number {
    return this.window.u32(at.readPage.dev);
  }
  get index(): number {
    return this.window.u64(at.readPage.index, 'index');
  }
}

export class WriteRecord extends FileRecord {
  get posBytes(): number {
    return this.window.s64(at.write.pos, 'pos');
  }
  get countBytes(): number {
    return this.window.clipped(at.write.count);
  }
}

/** LOOKUP, STAT, READLINK, READDIR, EXEC. */
export class NameRecord extends RecordView {
  readonly #paths: PathTable;
  constructor(paths: PathTable) {
    super();
    this.#paths = paths;
  }
  /** 0: the name does not exist. */
  get ino(): number {
    return this.window.u64(at.name.ino, 'ino');
  }
  get dev(): number {
    return this.window.u32(at.name.dev);
  }
  get inodeBytes(): number {
    return this.window.u64(at.name.inode_bytes, 'inode_bytes');
  }
  get mode(): number {
    return this.window.u32(at.name.mode);
  }
  get nlink(): number {
    return this.window.u32(at.name.nlink);
  }
  /** Bits of `traceFlag`. */
  get flags(): number {
    return this.window.u32(at.name.flags);
  }
  /** Undefined if it did not fit (PATH_TRUNCATED). */
  get path(): string | undefined {
    return pathAt(this.window, this.#paths, at.name.path_bytes, at.name.path.offset);
  }
}

export class ForkRecord extends RecordView {
  get childTgid(): number {
    return this.window.u32(at.fork.child_tgid);
  }
  get childTid(): number {
    return this.window.u32(at.fork.child_tid);
  }
}

export class SwitchRecord extends RecordView {
  get nextTid(): number {
    return this.window.u32(at.switchTo.next_tid);
  }
  /** 0: still runnable. */
  get prevState(): number {
    return this.window.u32(at.switchTo.prev_state);
  }
}

export class WakeRecord extends RecordView {
  get wokenTid(): number {
    return this.window.u32(at.wake.woken_tid);
  }
  get inInterrupt(): boolean {
    return this.window.u32(at.wake.in_interrupt) !== 0;
  }
}

export class UnmapRecord extends RecordView {
  mmId = 0;
  get startPage(): number {
    return this.window.addressPage(at.unmap.start);
  }
  /** Rounded down, as an end of all memory (2^64 - 1) is. */
  get endPage(): number {
    return this.window.addressPage(at.unmap.end);
  }
}

export class CopyMmRecord extends RecordView {
  fromMmId = 0;
  toMmId = 0;
  get startPage(): number {
    return this.window.addressPage(at.copyMm.start);
  }
  get endPage(): number {
    return this.window.addressPage(at.copyMm.end);
  }
  get hasAnon(): boolean {
    return this.window.u32(at.copyMm.has_anon) !== 0;
  }
}

/** INSERT, DELETE: 2^order pages from `index` on. */
export class PageRecord extends RecordView {
  get ino(): number {
    return this.window.u64(at.page.ino, 'ino');
  }
  get dev(): number {
    return this.window.u32(at.page.dev);
  }
  get index(): number {
    return this.window.u64(at.page.index, 'index');
  }
  get order(): number {
    return this.window.u32(at.page.order);
  }
}

function pathAt(
  window: RecordWindow,
  paths: PathTable,
  lengthField: at.Field<'u16'>,
  offset: number,
): string | undefined {
  const lengthBytes = window.u16(lengthField);
  if (lengthBytes === 0) return undefined;
  if (offset + lengthBytes > window.sizeBytes)
    throw window.error(`its path of ${lengthBytes} bytes does not fit into its ${window.sizeBytes} bytes`);
  const start = window.at + offset;
  const id = paths.intern(window.bytes, start, start + lengthBytes);
  if (typeof id === 'string') throw window.error(id);
  return paths.path(id);
}
