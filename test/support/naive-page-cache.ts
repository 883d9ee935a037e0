/**
 * The page cache's rules once more, as plainly as they can be written: a Map of folio objects for each file and, for
 * the search for gaps, the kernel's tree of 64-slot nodes built anew each time. What the model in sim/pagecache must
 * agree with, operation by operation. The rules are those of design 06 and of mm/readahead.c and mm/filemap.c.
 */

interface Folio {
  first: number;
  order: number;
  marked: boolean;
}

export interface NaiveInode {
  id: number;
  sizeBytes: number;
  large: boolean;
  raPages: number;
  ioPages: number;
  folios: Map<number, Folio>;
}

export interface NaiveFile {
  inode: NaiveInode;
  start: number;
  size: number;
  async: number;
  raPages: number;
  miss: number;
  prev: number;
  random: boolean;
}

type Slot = Node | Folio | undefined;
interface Node {
  level: number;
  slots: Map<number, Slot>;
  parent: Node | undefined;
  offset: number;
}
const isNode = (slot: Slot): slot is Node => slot !== undefined && 'slots' in slot;

/** lib/xarray.c: the tree of a file's folios. */
function tree(inode: NaiveInode): Node {
  // High enough for any file here: how high the kernel's tree is does not change what a walk finds.
  const root: Node = { level: 4, slots: new Map(), parent: undefined, offset: 0 };
  for (const [page, folio] of inode.folios) {
    let node = root;
    const bottom = folio.order >= 6 ? 1 : 0;
    while (node.level > bottom) {
      const offset = Math.floor(page / 64 ** node.level) % 64;
      const below = node.slots.get(offset);
      if (isNode(below)) node = below;
      else {
        const made: Node = { level: node.level - 1, slots: new Map(), parent: node, offset };
        node.slots.set(offset, made);
        node = made;
      }
    }
    node.slots.set(Math.floor(page / 64 ** node.level) % 64, folio);
  }
  return root;
}

/** struct xa_state with xas_load, __xas_next and __xas_prev, which xas_next and xas_prev shorten within a node. */
class Walk {
  readonly inode: NaiveInode;
  index: number;
  node: Node | undefined;
  offset = 0;

  constructor(inode: NaiveInode, index: number) {
    this.inode = inode;
    this.index = index;
  }

  load(): Slot {
    let node = tree(this.inode);
    for (;;) {
      this.offset = Math.floor(this.index / 64 ** node.level) % 64;
      const entry = node.slots.get(this.offset);
      if (isNode(entry)) {
        node = entry;
        continue;
      }
      this.node = node;
      // A later slot of a folio stands for its first one.
      if (entry) this.offset = Math.floor(entry.first / 64 ** node.level) % 64;
      return entry;
    }
  }

  step(by: 1 | -1): Slot {
    const end = by === 1 ? 63 : 0;
    let node = this.node!;
    this.index += by;
    const offsetOfIndex = (of: Node) =>
      Math.floor((this.index < 0 ? 2 ** 48 - 1 : this.index) / 64 ** of.level) % 64;
    if (node.level === 0 && this.offset !== end) {
      this.offset += by;
      return node.slots.get(this.offset);
    }
    if (this.offset !== offsetOfIndex(node)) this.offset += by;
    while (this.offset === end + by) {
      this.offset = node.offset + by;
      if (!node.parent) return undefined;
      node = node.parent;
    }
    for (;;) {
      const entry = node.slots.get(this.offset);
      this.node = node;
      if (!isNode(entry)) return entry;
      node = entry;
      this.offset = offsetOfIndex(node);
    }
  }
}

export class NaivePageCache {
  readonly out: [inode: number, first: number, order: number][] = [];
  readonly old: boolean;

  constructor(version: string) {
    this.old = version === '6.1';
  }

  add(inode: NaiveInode, first: number, order: number, marked: boolean) {
    const folio = { first, order, marked };
    for (let page = first; page < first + 2 ** order; page++) inode.folios.set(page, folio);
    this.out.push([inode.id, first, order]);
  }

  drop(inode: NaiveInode, page: number) {
    const folio = inode.folios.get(page);
    if (folio) for (let i = 0; i < 2 ** folio.order; i++) inode.folios.delete(folio.first + i);
  }

  fill(inode: NaiveInode, first: number, pages: number, ahead: number) {
    if (inode.sizeBytes === 0) return;
    const last = Math.floor((inode.sizeBytes - 1) / 4096);
    if (first > last) return;
    let wanted = pages;
    if (wanted > last - first) wanted = last - first + 1;
    for (let i = 0; i < wanted; i++)
      if (!inode.folios.has(first + i)) this.add(inode, first + i, 0, i === wanted - ahead);
  }

  window(file: NaiveFile, first: number, hitOrder: number) {
    const { inode } = file;
    let index = first;
    if (inode.large && file.size >= 4) {
      const mark = index + file.size - file.async;
      const limit = Math.min(Math.floor((inode.sizeBytes - 1) / 4096), index + file.size - 1);
      let largest = hitOrder;
      if (this.old) {
        if (largest < 9) {
          largest = Math.min(largest + 2, 9);
          while (2 ** largest > file.size) largest--;
        }
      } else {
        if (largest < 9) largest += 2;
        largest = Math.min(9, largest, Math.floor(Math.log2(file.size)));
      }
      let inTheWay = false;
      while (index <= limit) {
        let order = largest;
        if (index % 2 ** order !== 0) {
          for (order = 0; index % 2 ** (order + 1) === 0;) order++;
          if (order === 1 && this.old) order = 0;
        }
        while (index + 2 ** order - 1 > limit) if (--order === 1 && this.old) order = 0;
        for (let i = 0; i < 2 ** order; i++) inTheWay ||= inode.folios.has(index + i);
        if (inTheWay) break;
        this.add(inode, index, order, index === Math.floor(mark / 2 ** order) * 2 ** order);
        index += 2 ** order;
      }
      if (this.old && index > limit) {
        file.size += index - limit - 1;
        file.async += index - limit - 1;
      }
      if (!inTheWay) return;
    }
    this.fill(inode, index, file.size, file.async);
  }

  forced(file: NaiveFile, first: number, pages: number) {
    let left = Math.min(pages, Math.max(file.inode.ioPages, file.raPages));
    let index = first;
    while (left > 0) {
      const step = Math.min(512, left);
      this.fill(file.inode, index, step, 0);
      left -= step;
      index += step;
    }
  }

  limit(file: NaiveFile, request: number) {
    const { ioPages } = file.inode;
    return request > file.raPages && ioPages > file.raPages ? Math.min(request, ioPages) : file.raPages;
  }

  firstSize(request: number, limit: number) {
    let size = 1;
    while (size < request) size *= 2;
    if (size <= Math.floor(limit / 32)) return size * 4;
    return size <= Math.floor(limit / 4) ? size * 2 : limit;
  }

  nextSize(size: number, limit: number) {
    if (size < Math.floor(limit / 16)) return 4 * size;
    return size <= Math.floor(limit / 2) ? 2 * size : limit;
  }

  nextMiss(inode: NaiveInode, index: number, scan: number) {
    const walk = new Walk(inode, index);
    let entry = walk.load();
    for (let looked = 1; ; looked++) {
      if (!entry) return walk.index;
      if (looked === scan) return this.old ? walk.index : index + scan;
      entry = walk.step(1);
    }
  }

  prevMiss(inode: NaiveInode, index: number, scan: number) {
    const walk = new Walk(inode, index);
    let entry = walk.load();
    for (let looked = 1; entry && looked < scan && walk.index >= 0; looked++) entry = walk.step(-1);
    return walk.index;
  }

  sequential(file: NaiveFile, index: number) {
    const distance = BigInt(index) - (BigInt.asUintN(64, BigInt(file.prev)) >> 12n);
    return BigInt.asUintN(64, distance) <= 1n;
  }

  sync(file: NaiveFile, index: number, request: number) {
    if (file.raPages === 0) return this.forced(file, index, 1);
    if (file.random) return this.forced(file, index, request);
    if (this.old) return this.ondemand(file, index, request, undefined);
    const limit = this.limit(file, request);
    if (index === 0 || request > limit || this.sequential(file, index)) {
      file.start = index;
      file.size = this.firstSize(request, limit);
      file.async = file.size > request ? file.size - request : file.size >> 1;
    } else {
      const miss = this.prevMiss(file.inode, index - 1, limit);
      let history = index - miss - 1;
      if (history <= request) return this.fill(file.inode, index, request, 0);
      if (miss === -1) history *= 2;
      file.start = index;
      file.size = Math.min(history + request, limit);
      file.async = 1;
    }
    this.window(file, file.start, 0);
  }

  async(file: NaiveFile, index: number, request: number) {
    if (file.raPages === 0) return;
    const folio = file.inode.folios.get(index)!;
    folio.marked = false;
    if (this.old) return this.ondemand(file, index, request, folio);
    const limit = this.limit(file, request);
    const unit = 2 ** folio.order;
    if (index === Math.floor((file.start + file.size - file.async) / unit) * unit) {
      file.start += file.size;
      file.size = Math.max(file.size, this.nextSize(file.size, limit));
      file.async = file.size;
    } else {
      const start = this.nextMiss(file.inode, index + 1, limit);
      if (start - index > limit) return;
      file.start = start;
      file.size = this.nextSize(start - index + request, limit);
      file.async = file.size;
    }
    this.window(file, file.start, folio.order);
  }

  ondemand(file: NaiveFile, index: number, request: number, folio: Folio | undefined) {
    const limit = this.limit(file, request);
    const order = folio?.order ?? 0;
    const expected = Math.floor((file.start + file.size - file.async) / 2 ** order) * 2 ** order;
    const opens = () => {
      file.start = index;
      file.size = this.firstSize(request, limit);
      file.async = file.size > request ? file.size - request : file.size;
    };
    if (index === 0) opens();
    else if (index === expected || index === file.start + file.size) {
      file.start += file.size;
      file.size = Math.max(file.size, this.nextSize(file.size, limit));
      file.async = file.size;
    } else if (folio) {
      const start = this.nextMiss(file.inode, index + 1, limit);
      if (start - index > limit) return;
      file.start = start;
      file.size = this.nextSize(start - index + request, limit);
      file.async = file.size;
    } else if (request > limit || this.sequential(file, index)) opens();
    else {
      let history = index - 1 - this.prevMiss(file.inode, index - 1, limit);
      if (history <= request) return this.fill(file.inode, index, request, 0);
      if (history >= index) history *= 2;
      file.start = index;
      file.size = Math.min(history + request, limit);
      file.async = 1;
    }
    if (index === file.start && file.size === file.async) {
      const add = this.nextSize(file.size, limit);
      if (file.size + add <= limit) {
        file.async = add;
        file.size += add;
      } else {
        file.size = limit;
        file.async = limit >> 1;
      }
    }
    this.window(file, file.start, order);
  }

  batch(file: NaiveFile, index: number, end: number): Folio[] {
    const folios: Folio[] = [];
    for (let page = index; page < end && folios.length < (this.old ? 15 : 31);) {
      const folio = file.inode.folios.get(page);
      if (!folio) break;
      folios.push(folio);
      if (folio.marked) break;
      page = folio.first + 2 ** folio.order;
    }
    return folios;
  }

  getPages(file: NaiveFile, pos: number, count: number): number {
    const index = Math.floor(pos / 4096);
    const end = Math.ceil((pos + count) / 4096);
    let folios = this.batch(file, index, end);
    if (folios.length === 0) {
      this.sync(file, index, end - index);
      folios = this.batch(file, index, end);
    }
    if (folios.length === 0) {
      this.add(file.inode, index, 0, false);
      return index + 1;
    }
    const last = folios.at(-1)!;
    if (last.marked) this.async(file, last.first, end - last.first);
    return last.first + 2 ** last.order;
  }

  read(file: NaiveFile, at: number, count: number) {
    let pos = at;
    let left = count;
    let prev = file.prev;
    while (left > 0 && pos < file.inode.sizeBytes) {
      const bytes = Math.min(this.getPages(file, pos, left) * 4096 - pos, left, file.inode.sizeBytes - pos);
      pos += bytes;
      left -= bytes;
      prev = pos;
      if (this.old) file.prev = prev;
    }
    file.prev = prev;
  }

  splice(file: NaiveFile, at: number, count: number, slots: number) {
    if (this.old) return this.read(file, at, Math.min(count, slots * 4096));
    let pos = at;
    let room = slots;
    let left = Math.min(count, slots * 4096);
    while (left > 0 && pos < file.inode.sizeBytes) {
      const end = this.getPages(file, pos, left);
      for (let page = Math.floor(pos / 4096); page < end; page++) {
        const bytes = Math.min(left, file.inode.sizeBytes - pos, (page + 1) * 4096 - pos);
        if (bytes <= 0) return;
        left -= bytes;
        pos += bytes;
        file.prev = pos;
        if (--room === 0) return;
      }
    }
  }

  fault(file: NaiveFile, index: number, vmFlags: number, tried: boolean) {
    const { inode } = file;
    if (index >= Math.ceil(inode.sizeBytes / 4096)) return;
    const random = (vmFlags & 0x10000) !== 0;
    const folio = inode.folios.get(index);
    if (folio) {
      if (tried || random || file.raPages === 0) return;
      if (file.miss > 0) file.miss--;
      if (folio.marked) this.async(file, index, file.raPages);
      return;
    }
    if ((vmFlags & 0x20000000) !== 0) {
      file.size = random ? 512 : 1024;
      file.async = 512;
      this.window(file, Math.floor(index / 512) * 512, 9);
    } else if (!random && file.raPages > 0) {
      if ((vmFlags & 0x8000) !== 0) this.sync(file, index, file.raPages);
      else {
        if (file.miss < 1000) file.miss++;
        if (file.miss <= 100) {
          file.start = Math.max(0, index - Math.floor(file.raPages / 2));
          file.size = file.raPages;
          file.async = Math.floor(file.raPages / 4);
          this.window(file, file.start, 0);
        }
      }
    }
    if (!inode.folios.has(index)) this.add(inode, index, 0, false);
  }

  mapPages(file: NaiveFile, first: number, last: number) {
    const end = Math.min(last, Math.ceil(file.inode.sizeBytes / 4096) - 1);
    for (let page = first; page <= end; page++) {
      const folio = file.inode.folios.get(page);
      if (folio && !folio.marked && file.miss > 0) file.miss--;
    }
  }

  advise(file: NaiveFile, offset: number, length: number, what: number) {
    const { raPages } = file.inode;
    if (what === 0) [file.raPages, file.random] = [raPages, false];
    if (what === 1) file.random = true;
    if (what === 2) [file.raPages, file.random] = [2 * raPages, false];
    if (what !== 3) return;
    const last = length === 0 ? 2 ** 40 : Math.floor((offset + length - 1) / 4096);
    this.forced(file, Math.floor(offset / 4096), last - Math.floor(offset / 4096) + 1);
  }

  write(inode: NaiveInode, pos: number, count: number) {
    if (count === 0) return;
    inode.sizeBytes = Math.max(inode.sizeBytes, pos + count);
    for (let page = Math.floor(pos / 4096); page * 4096 < pos + count; page++)
      if (!inode.folios.has(page)) this.add(inode, page, 0, false);
  }
}
