import type { Kernel } from '../pagecache/kernel.ts';
import { Inode } from '../pagecache/inode.ts';
import { OpenFile } from '../pagecache/open-file.ts';
import { PageCache } from '../pagecache/page-cache.ts';
import { PageTables, type Tables } from '../pagecache/page-tables.ts';
import type { LimitedMemory } from '../pagecache/residency.ts';
import { touch } from '../pagecache/touch.ts';
import type { FileSettings } from '../pagecache/trace-files.ts';
import type { ProgramFile } from './files.ts';
import type { GroupPages, Program } from './program.ts';
import { stepKind, type StepKind } from './steps.ts';

export interface PageSettings {
  readonly kernel: Kernel;
  /** fault_around_bytes, in pages; 1: none. */
  readonly faultAroundPages: number;
  /** Where pages do not all stay; then the program must be one that shows touches again. */
  readonly memory?: LimitedMemory | undefined;
  /** What holds for a file that is opened; undefined: what was recorded. */
  readonly settingsOf?: (file: ProgramFile) => FileSettings | undefined;
}

/**
 * The program's steps on a page cache of its own, one at a time: what `step` puts in the cache is in
 * `cache.insertions` when it returns, by the number of the file, for the caller to read and clear. It inserts what
 * sim/pagecache/predict.ts does for the same trace and settings.
 *
 * `foreign` steps put pages in the cache that are not in `insertions`: they come from outside of the container.
 */
export class PageSteps {
  readonly cache: PageCache;
  /** By the number of the file. */
  readonly inodes: readonly Inode[];
  readonly #program: Program;
  readonly #settings: PageSettings;
  readonly #tables: Tables;
  /** The next of the group's lookups. */
  #lookup = 0;
  readonly #openFiles: (OpenFile | undefined)[] = [];
  readonly #touch = {
    ...{ index: 0, mmId: 0, addressPage: 0, vmStartPage: 0, vmEndPage: 0, vmFlags: 0, flags: 0 },
  };

  constructor(program: Program, settings: PageSettings) {
    this.#program = program;
    this.#settings = settings;
    this.cache = new PageCache(settings.kernel, settings.memory);
    this.#tables = settings.memory?.tables ?? new PageTables();
    const coldPages = program.group?.coldPages ?? 0;
    const cold = new Inode(program.files.length, 0, { raPages: 0, ioPages: 0 });
    for (let page = 0; page < coldPages; page++) settings.memory?.admit(cold, page, 0);
    this.inodes = program.files.map((_, number) => new Inode(number, 0, { raPages: 0, ioPages: 0 }));
  }

  step(step: number): void {
    const { cache } = this;
    const program = this.#program;
    if (program.group && this.#settings.memory) this.#updateGroup(step, program.group, this.#settings.memory);
    const posBytes = program.posBytes[step]!;
    const countBytes = program.countBytes[step]!;
    const page = program.page[step]!;
    const arg = program.arg[step]!;
    switch (program.kind[step] as StepKind) {
      case stepKind.open:
        this.#open(step);
        break;
      case stepKind.read:
        cache.read(this.#access(step), posBytes, countBytes);
        break;
      case stepKind.splice:
        cache.splice(this.#access(step), posBytes, countBytes, arg);
        break;
      case stepKind.fault:
        this.#fault(step);
        break;
      case stepKind.advise:
        cache.advise(this.#access(step), posBytes, countBytes, arg);
        break;
      case stepKind.readPage:
        cache.readPage(this.#inode(step), page);
        break;
      case stepKind.write:
        cache.write(this.#access(step).inode, posBytes, countBytes);
        break;
      case stepKind.unmap:
        this.#tables.unmap(program.mm[step]!, program.startPage[step]!, program.endPage[step]!);
        break;
      case stepKind.copyMm: {
        const { mm, toMm, startPage, endPage } = program;
        this.#tables.copy(mm[step]!, toMm[step]!, startPage[step]!, endPage[step]!);
        break;
      }
      case stepKind.foreign:
        this.#foreign(step);
        break;
      case stepKind.remove:
        for (let i = 0; i < 2 ** arg; i++) {
          this.#settings.memory?.remove(this.#inode(step), page + i);
          this.#inode(step).remove(page + i);
        }
        break;
      case stepKind.lookup:
      case stepKind.stat:
      case stepKind.readlink:
      case stepKind.readdir:
      case stepKind.exec:
      case stepKind.mapPages:
        break;
    }
  }

  /** What the cgroup had come to before the step. */
  #updateGroup(step: number, { otherPages, lookups }: GroupPages, memory: LimitedMemory): void {
    for (; this.#lookup < lookups.step.length && lookups.step[this.#lookup]! <= step; this.#lookup++) {
      const block = lookups.block[this.#lookup]!;
      const { file, page } = lookups.blocks[block]!;
      const inode = this.inodes[file];
      if (inode?.isFree(page, page + 1)) this.#readBlock(inode, page, 0, memory);
      memory.lookedUp(block, inode, page);
    }
    memory.setOtherPages(otherPages[step]!);
  }

  /** A block counts as accessed when it is made room for (grow_dev_folio), and whenever it is looked up. */
  #readBlock(inode: Inode, page: number, order: number, memory: LimitedMemory | undefined): void {
    memory?.admit(inode, page, order);
    memory?.read(inode, page);
    inode.insert(page, order, false);
  }

  /** What is of no file that the container opens came in for its own tasks, before they were the container's. */
  #foreign(step: number): void {
    const inode = this.#inode(step);
    const page = this.#program.page[step]!;
    const order = this.#program.arg[step]!;
    if (!inode.isFree(page, page + 2 ** order)) return;
    const { memory } = this.#settings;
    const { path, isDevice } = this.#program.files[this.#program.file[step]!]!;
    if (isDevice) {
      this.#readBlock(inode, page, order, memory);
      return;
    }
    if (path === undefined) memory?.admit(inode, page, order);
    inode.insert(page, order, false);
  }

  #inode(step: number): Inode {
    return this.inodes[this.#program.file[step]!]!;
  }

  #open(step: number): void {
    const file = this.#program.files[this.#program.file[step]!]!;
    const inode = this.#inode(step);
    inode.sizeBytes = this.#program.inodeBytes[step]!;
    const settings = this.#settings.settingsOf?.(file) ?? file.recorded!;
    inode.device.raPages = settings.raPages;
    inode.device.ioPages = settings.ioPages;
    inode.largeFolios = settings.largeFolios;
    this.#openFiles[this.#program.openFile[step]!] = new OpenFile(inode);
  }

  /** The open file of a step at the beginning of its access. */
  #access(step: number): OpenFile {
    const number = this.#program.openFile[step]!;
    const inode = this.#inode(step);
    const open = (this.#openFiles[number] ??= this.#adopt(number, inode));
    inode.sizeBytes = this.#program.inodeBytes[step]!;
    return open;
  }

  #adopt(number: number, inode: Inode): OpenFile {
    const { ioPages, ...state } = this.#program.adopted[number]!;
    inode.device.raPages ||= state.raPages;
    inode.device.ioPages ||= ioPages;
    return Object.assign(new OpenFile(inode), state);
  }

  #fault(step: number): void {
    const access = this.#touch;
    const program = this.#program;
    access.index = program.page[step]!;
    access.mmId = program.mm[step]!;
    access.addressPage = program.addressPage[step]!;
    access.vmStartPage = program.startPage[step]!;
    access.vmEndPage = program.endPage[step]!;
    access.vmFlags = program.vmFlags[step]!;
    access.flags = program.flags[step]!;
    touch(this.cache, this.#tables, this.#access(step), access, this.#settings.faultAroundPages);
  }
}
