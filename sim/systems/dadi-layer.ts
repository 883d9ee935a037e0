import { gunzipNs } from './gzip-bytes.ts';
import type { Reads } from './kept.ts';

/** Of ext4, LSMT's and ZFile's at once. */
export const blockBytes = 4096;
/** Of the tar that a blob is, and of ZFile. */
const headerBytes = 1024;
const trailerBytes = 512;

/** Of the blob. */
export interface Extent {
  readonly offset: number;
  readonly bytes: number;
}

interface Point {
  readonly offset: number;
  readonly gunzipNs: number;
}

/** A layer's blob: the blocks that the layer changed of the device, each compressed by itself, in one file. */
export class DadiLayer {
  readonly digest: string;
  /** Of LSMT's index, before its trailer, the last block. */
  indexBlocks = 0;
  readonly #reads: Reads;
  readonly #lz4Ratio: number;
  readonly #lz4Cost: number;
  readonly #jumpEntryBytes: number;
  /** Of each run of blocks that compress alike: its first block, */
  readonly #firsts: number[] = [];
  /** where it begins, compressed, */
  readonly #offsets: number[] = [];
  /** and what gunzip would take for all before it. */
  readonly #gunzipNs: number[] = [];
  #end: Point = { offset: headerBytes, gunzipNs: 0 };
  blocks = 0;

  constructor(digest: string, reads: Reads) {
    this.digest = digest;
    this.#reads = reads;
    this.#lz4Ratio = reads('dadi.lz4Ratio');
    this.#lz4Cost = reads('dadi.lz4Cost');
    this.#jumpEntryBytes = reads('dadi.jumpEntryBytes');
  }

  /** Adds so many blocks that hold so many bytes, and of which gzip makes so many; the number of the first. */
  add(blocks: number, bytes: number, gzipBytes: number): number {
    const first = this.blocks;
    if (blocks === 0) return first;
    const { offset, gunzipNs: before } = this.#end;
    this.#firsts.push(first);
    this.#offsets.push(offset);
    this.#gunzipNs.push(before);
    this.blocks += blocks;
    this.#end = {
      offset: offset + Math.min(bytes, gzipBytes * this.#lz4Ratio),
      gunzipNs: before + gunzipNs(this.#reads, gzipBytes, bytes),
    };
    return first;
  }

  /** Where blocks [first, first + blocks) lie in the blob. */
  place(first: number, blocks: number): Extent {
    const offset = Math.floor(this.#at(first, this.#offsets, this.#end.offset));
    return { offset, bytes: Math.ceil(this.#at(first + blocks, this.#offsets, this.#end.offset)) - offset };
  }

  /** What it takes to decompress them. */
  lz4Ns(first: number, blocks: number): number {
    const { gunzipNs: all } = this.#end;
    const before = this.#at(first, this.#gunzipNs, all);
    return (this.#at(first + blocks, this.#gunzipNs, all) - before) * this.#lz4Cost;
  }

  /** Behind the data: where each block begins. */
  get jumpTable(): Extent {
    return {
      offset: Math.ceil(this.#end.offset),
      bytes: Math.ceil(this.#jumpEntryBytes * this.blocks),
    };
  }

  get bytes(): number {
    const { offset, bytes } = this.jumpTable;
    return offset + bytes + trailerBytes;
  }

  get header(): Extent {
    return { offset: 0, bytes: headerBytes };
  }

  get trailer(): Extent {
    return { offset: this.bytes - trailerBytes, bytes: trailerBytes };
  }

  /** What grows from run to run, up to `end`, at the beginning of a block. */
  #at(block: number, before: readonly number[], end: number): number {
    if (block >= this.blocks) return end;
    const firsts = this.#firsts;
    let run = 0;
    for (let past = firsts.length; past - run > 1;) {
      const middle = (run + past) >> 1;
      if (firsts[middle]! <= block) run = middle;
      else past = middle;
    }
    const first = firsts[run]!;
    const part = (block - first) / ((firsts[run + 1] ?? this.blocks) - first);
    return before[run]! + part * ((before[run + 1] ?? end) - before[run]!);
  }
}
