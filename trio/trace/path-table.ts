import { pathFault, pathText } from './path-text.ts';

/**
 * Each distinct path once: bytes in, a small id out. A trace names a few thousand files a million times; neither a
 * string nor a copy is made for a path that was seen before, and its check is done once.
 *
 * All paths together are bounded, so that a file that only looks like a trace does not fill the memory.
 */
export class PathTable {
  readonly #paths: string[] = [];
  /** The bytes of all paths back to back; path `id` is [ends[id - 1], ends[id]). */
  #bytes = new Uint8Array(1 << 16);
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  /** Open addressing: id + 1, or 0 for a free slot. At most half full. */
  #slots = new Int32Array(1 << 12);

  /** The id of the path bytes[start, end), which are checked when new; a string says what is wrong with them. */
  intern(bytes: Uint8Array, start: number, end: number): number | string {
    let hash = 0x811c9dc5; // FNV-1a
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    // FNV's low bits are weak on short keys.
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let id = this.#slots[slot] as number; id !== 0; id = this.#slots[slot] as number) {
      if (this.#hashes[id - 1] === hash && this.#is(id - 1, bytes, start, end)) return id - 1;
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes.subarray(start, end), hash, slot);
  }

  /** The path with that id. */
  path(id: number): string {
    const path = this.#paths[id];
    if (path === undefined) throw new RangeError(`no path ${id}`);
    return path;
  }

  /** How many paths there are; ids are below. */
  get size(): number {
    return this.#paths.length;
  }

  #is(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = id === 0 ? 0 : (this.#ends[id - 1] as number);
    if ((this.#ends[id] as number) - from !== end - start) return false;
    const own = this.#bytes;
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== own[j]) return false;
    return true;
  }

  #add(path: Uint8Array, hash: number, slot: number): number | string {
    const fault = pathFault(path);
    if (fault !== undefined) return fault;
    const from = this.#ends.at(-1) ?? 0;
    const end = from + path.length;
    if (end > tableBytesMax) return `the distinct paths so far have more than ${tableBytesMax} bytes`;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(path, from);
    const id = this.#paths.push(pathText(path)) - 1;
    this.#ends.push(end);
    this.#hashes.push(hash);
    this.#slots[slot] = id + 1;
    if (this.#paths.length * 2 > this.#slots.length) this.#grow();
    return id;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (const [id, hash] of this.#hashes.entries()) {
      let slot = (hash ^ (hash >>> 13)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

/** A million files with long names. */
const tableBytesMax = 1 << 27;
