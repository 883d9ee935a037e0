import type { FileRecord, OpenRecord } from '../../trio/trace/record-views.ts';
import { traceFlag } from '../../trio/trace/records.ts';
import { isRandom, writeMode, type FileSettings } from '../pagecache/trace-files.ts';

/** A file that the program uses, known by the inode that holds its pages. */
export interface ProgramFile {
  /** As the container sees it; undefined if no record has it. */
  readonly path: string | undefined;
  readonly dev: number;
  readonly ino: number;
  /** The largest size that was seen. */
  readonly bytes: number;
  /** False once the container has it open for writing: then it is of the container's own layer in the overlay. */
  readonly ofImage: boolean;
  /** The block device of a file system: what comes in of it is metadata. Its inode has the number of the device. */
  readonly isDevice: boolean;
  /** How its file system and device treated its readahead when it was opened first; undefined if it never was. */
  readonly recorded: FileSettings | undefined;
}

/** An open file that was open before the trace began, with the readahead state that it then had. */
export interface AdoptedState {
  readonly ioPages: number;
  readonly raPages: number;
  readonly startPage: number;
  readonly sizePages: number;
  readonly asyncPages: number;
  readonly mmapMiss: number;
  readonly prevPosBytes: number;
  readonly random: boolean;
}

type Mutable = { -readonly [K in keyof ProgramFile]: ProgramFile[K] };

/** The files of a run, numbered in order of appearance. */
export class RunFiles {
  readonly list: Mutable[] = [];
  readonly #byDevice = new Map<number, Map<number, number>>();

  /** The number of the file with that inode. */
  of(dev: number, ino: number, bytes: number): number {
    let onDevice = this.#byDevice.get(dev);
    if (!onDevice) {
      this.#byDevice.set(dev, (onDevice = new Map<number, number>()));
      for (const known of this.list) if (known.ino === dev) setDevice(known);
    }
    let file = onDevice.get(ino);
    if (file === undefined) {
      const made = {
        ...{ path: undefined, dev, ino, bytes, ofImage: true, isDevice: false, recorded: undefined },
      };
      if (this.#byDevice.has(ino)) setDevice(made);
      file = this.list.push(made) - 1;
      onDevice.set(ino, file);
    } else if (bytes > this.list[file]!.bytes) this.list[file]!.bytes = bytes;
    return file;
  }

  opened(file: number, record: OpenRecord): void {
    const known = this.list[file]!;
    known.path ??= record.path;
    if ((record.fMode & writeMode) !== 0) known.ofImage = false;
    known.recorded ??= {
      raPages: record.bdiRaPages,
      ioPages: record.ioPages,
      largeFolios: (record.flags & traceFlag.LARGE_FOLIOS) !== 0,
    };
  }
}

function setDevice(file: Mutable): void {
  file.isDevice = true;
  file.ofImage = false;
}

export function adoptedState(record: FileRecord): AdoptedState {
  return {
    ioPages: record.ioPages,
    raPages: record.raPages,
    startPage: record.raStartPage,
    sizePages: record.raSizePages,
    asyncPages: record.raAsyncPages,
    mmapMiss: record.raMmapMiss,
    prevPosBytes: record.raPrevPosBytes,
    random: isRandom(record),
  };
}
