import { Process, type Flow } from '../engine/process.ts';
import type { GoProgram } from '../host/go-program.ts';
import type { Client, Node } from '../host/node.ts';
import type { ByteRange } from '../net/byte-range.ts';
import type { LayerFile, StargzChunk } from './image.ts';

type BlobReader = (read: Flow) => Flow;

/**
 * A layer's blob behind the snapshotter: fetched in regions, decompressed in chunks, both kept on disk. Each read is a
 * goroutine of the daemon, which has a processor but while it waits for the registry. (What it takes to get the answer is
 * the node's work, most of it the kernel's, and not the daemon's turn.)
 */
export class StargzLayer {
  readonly #node: Node;
  readonly #client: Client;
  readonly #daemon: GoProgram;
  readonly #path: string;
  readonly #bytes: number;
  readonly #regionBytes: number;
  readonly #regions: Uint8Array;
  /** Requests that are going on, by the regions that they are for. */
  readonly #fetching = new Map<string, Process>();
  /** Offsets of those that are there. */
  readonly #chunks = new Set<number>();

  constructor(node: Node, client: Client, daemon: GoProgram, digest: string, bytes: number) {
    this.#node = node;
    this.#client = client;
    this.#daemon = daemon;
    this.#path = node.blobPath(digest);
    this.#bytes = bytes;
    this.#regionBytes = node.parameters.get('stargz.regionBytes');
    this.#regions = new Uint8Array(Math.ceil(bytes / this.#regionBytes));
  }

  /**
   * Mount's requests: whether the blob can be had, its size, the footer that says where the table of contents is, and
   * that table.
   */
  *resolve(tocOffset: number, footerBytes: number): Flow {
    yield this.#client.get(this.#path, [{ first: 0, last: 1 }]);
    yield this.#client.head(this.#path);
    yield this.#daemon.enter;
    yield* this.fetch(Math.max(0, this.#bytes - footerBytes), footerBytes);
    yield* this.fetch(tocOffset, this.#bytes - footerBytes - tocOffset);
    this.#daemon.leave();
  }

  /**
   * Gets what is missing of these bytes, in one request with as many ranges as there are gaps. Who misses the same
   * regions as a request that is going on waits for that; who misses others, be it fewer of them, makes one of its own
   * (fs/remote/blob.go, fetchRange).
   */
  *fetch(offset: number, bytes: number): Flow {
    const missing: number[] = [];
    const end = Math.ceil((offset + bytes) / this.#regionBytes);
    for (let region = Math.floor(offset / this.#regionBytes); region < end; region++)
      if (this.#regions[region] === 0) missing.push(region);
    if (missing.length === 0) return;
    this.#daemon.leave();
    const key = missing.join();
    const others = this.#fetching.get(key);
    if (others) yield others.end;
    else {
      const own = new Process(this.#get(missing));
      this.#fetching.set(key, own);
      yield own.end;
      this.#fetching.delete(key);
    }
    yield this.#daemon.enter;
  }

  /** Each region is taken from the answer and put in a file as it comes, and is there before the answer's end. */
  *#get(regions: readonly number[]): Flow {
    const ranges: ByteRange[] = [];
    let bodyBytes = 0;
    for (const region of regions) {
      const first = region * this.#regionBytes;
      const last = Math.min(first + this.#regionBytes, this.#bytes) - 1;
      bodyBytes += last + 1 - first;
      const previous = ranges.at(-1);
      if (previous?.last === first - 1) ranges[ranges.length - 1] = { first: previous.first, last };
      else ranges.push({ first, last });
    }
    let there = 0;
    const nsPerByte = this.#node.parameters.get('stargz-piece.pieces') / this.#regionBytes;
    yield this.#client.get(this.#path, ranges, nsPerByte, (leftBytes) => {
      while (there < regions.length && leftBytes <= bodyBytes - (there + 1) * this.#regionBytes)
        this.#regions[regions[there++]!] = 1;
    });
    // The last one of a blob is shorter.
    this.#regions[regions.at(-1)!] = 1;
  }

  /**
   * Has those of a file's chunks that hold these bytes fetched, decompressed and verified, one after the other. Who
   * comes while another read is at a chunk does the same again (fs/reader/reader.go, ReadAt).
   *
   * The reader has a processor of the daemon, and still has one then.
   *
   * @param readBlob  does each read of the blob, when it may be done
   */
  *read({ chunks }: LayerFile, position: number, bytes: number, readBlob: BlobReader): Flow {
    const last = chunks.at(-1);
    const fileEnd = last ? last.offset + last.compressedBytes : 0;
    for (const chunk of chunks) {
      if (chunk.position >= position + bytes || chunk.position + chunk.bytes <= position) continue;
      if (!this.#chunks.has(chunk.offset)) yield* this.#make(chunk, fileEnd, readBlob);
    }
  }

  /**
   * The decompressor's buffer is filled with what follows in the file, also beyond the chunk; again only when it has
   * been used up.
   */
  *#make({ offset, compressedBytes, bytes }: StargzChunk, fileEnd: number, readBlob: BlobReader): Flow {
    const { parameters } = this.#node;
    const cost = (name: string) => parameters.get(name);
    const bufferBytes = cost('stargz.readBufferBytes');
    const nsPerByte =
      cost('stargz-chunk.compressedBytes') + (cost('stargz-chunk.bytes') * bytes) / compressedBytes;
    for (let at = offset; at < offset + compressedBytes; at += bufferBytes) {
      yield* readBlob(this.fetch(at, Math.min(bufferBytes, fileEnd - at)));
      const used = Math.min(bufferBytes, offset + compressedBytes - at);
      yield* this.#daemon.work(nsPerByte * used);
    }
    yield* this.#daemon.work(cost('stargz-chunk.chunks'));
    this.#chunks.add(offset);
  }
}
