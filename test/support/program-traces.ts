import { Run } from '../../sim/workload/run.ts';
import type { RecordTypeName } from '../../trio/trace/records.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { StreamWriter, type Members } from './trace-writer.ts';

const dev = 0x10300001;
const openFile = (id: number) => 0xffff888000000000n + BigInt(id) * 4096n;

/** Writes the trace of a run as a list of what happened: who, when, what. */
export class RunTrace {
  readonly writer: StreamWriter;

  constructor(faultAroundBytes = 4096) {
    this.writer = new StreamWriter({ fault_around_bytes: faultAroundBytes });
  }

  #add(type: RecordTypeName, timeNs: number, tid: number, members: Members, tgid = 10): this {
    this.writer.add(type, { time_ns: timeNs, tid, tgid, ...members });
    return this;
  }

  /** Open files have the number of their file. */
  open(timeNs: number, tid: number, id: number): this {
    return this.#add('OPEN', timeNs, tid, {
      ...ofFile(id),
      path: `/file-${id}`,
      bdi_ra_pages: 32,
      fs_magic: 0xef53,
    });
  }
  read(timeNs: number, tid: number, id: number, pos: number): this {
    return this.#add('READ', timeNs, tid, { ...ofFile(id), pos, count: 4096 });
  }
  touch(timeNs: number, tid: number, id: number, page: number, flags = 0): this {
    const [start, end] = [2 ** 32 + id * 2 ** 24, 2 ** 32 + (id + 1) * 2 ** 24];
    const where = { mm: openFile(1000), address: start + page * 4096, vm_start: start, vm_end: end };
    return this.#add('FAULT', timeNs, tid, { ...ofFile(id), index: page, flags, ...where });
  }
  mapPages(timeNs: number, tid: number, id: number, first: number, last: number): this {
    return this.#add('MAP_PAGES', timeNs, tid, { ...ofFile(id), first, last, mm: openFile(1000) });
  }
  stat(timeNs: number, tid: number, path: string): this {
    return this.#add('STAT', timeNs, tid, { path, ino: 5, dev, mode: 0o040755 });
  }
  exec(timeNs: number, tid: number, path: string): this {
    return this.#add('EXEC', timeNs, tid, { path, ino: 5, dev, mode: 0o100755 });
  }
  fork(timeNs: number, tid: number, child: number): this {
    return this.#add('FORK', timeNs, tid, { child_tgid: 10, child_tid: child });
  }
  exit(timeNs: number, tid: number): this {
    return this.#add('EXIT', timeNs, tid, {});
  }
  /** `state` 0: it could run on. */
  switch(timeNs: number, tid: number, next: number, state: number): this {
    return this.#add('SWITCH', timeNs, tid, { next_tid: next, prev_state: state }, processOf(tid));
  }
  wake(timeNs: number, tid: number, woken: number, inInterrupt = false): this {
    const members = { woken_tid: woken, in_interrupt: Number(inInterrupt) };
    return this.#add('WAKE', timeNs, tid, members, processOf(tid));
  }
  /** A task outside puts a page in the cache. */
  insert(timeNs: number, tid: number, id: number, page: number): this {
    return this.#add('INSERT', timeNs, tid, { ino: 100 + id, dev, index: page }, processOf(tid));
  }

  async run(): Promise<Run> {
    const run = new Run();
    await decodeRecords([{ name: 'cpu0', chunks: [this.writer.bytes()] }], run);
    return run;
  }
}

/** Threads from 1 to 99 are the container's; 0 is the idle CPU. */
function processOf(tid: number): number {
  return tid > 0 && tid < 100 ? 10 : tid - (tid % 10);
}

function ofFile(id: number): Members {
  const readahead = { ra_prev_pos: -1, ra_pages: 32, io_pages: 320 };
  return { file: openFile(id), ino: 100 + id, dev, inode_bytes: 2 ** 22, ...readahead };
}
