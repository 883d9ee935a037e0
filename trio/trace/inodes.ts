import type { FileRecord, NameRecord, OpenRecord } from './record-views.ts';
import { traceFlag } from './records.ts';
import type { TraceVisitor } from './rich-trace.ts';

/** What the records of a trace say of one inode. */
export interface Inode {
  /** The first path that it was used by. */
  path: string | undefined;
  /** i_mode; 0 if no record has it. */
  mode: number;
  /** The largest i_size that was seen. */
  sizeBytes: number;
}

/** The inodes of a trace by (dev, ino). */
export class Inodes {
  readonly #devs = new Map<number, Map<number, Inode>>();

  /** The inode, which is added when new. */
  at(dev: number, ino: number): Inode {
    let inos = this.#devs.get(dev);
    if (!inos) this.#devs.set(dev, (inos = new Map<number, Inode>()));
    let inode = inos.get(ino);
    if (!inode) inos.set(ino, (inode = { path: undefined, mode: 0, sizeBytes: 0 }));
    return inode;
  }
}

/**
 * A visitor that fills a table of inodes. A pass of its own: the record that names an inode may come after the
 * accesses (an executable is read before it is stat'ed, a mapping is older than the trace).
 */
export function inodeCollector(inodes: Inodes): TraceVisitor {
  const sized = (record: FileRecord): Inode => {
    const inode = inodes.at(record.dev, record.ino);
    inode.sizeBytes = Math.max(inode.sizeBytes, record.inodeBytes);
    return inode;
  };
  const named = (inode: Inode, record: OpenRecord | NameRecord) => {
    inode.path ??= record.path;
    inode.mode ||= record.mode;
  };
  return {
    open(record) {
      const inode = sized(record);
      if ((record.flags & traceFlag.NO_PATH) === 0) named(inode, record);
      else inode.mode ||= record.mode;
    },
    name(record) {
      const { ino } = record;
      if (ino === 0) return;
      const inode = inodes.at(record.dev, ino);
      inode.sizeBytes = Math.max(inode.sizeBytes, record.inodeBytes);
      named(inode, record);
    },
    read: sized,
    splice: sized,
    fault: sized,
  };
}
