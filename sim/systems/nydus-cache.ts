import { Process, type Flow } from '../engine/process.ts';
import type { Client, Node } from '../host/node.ts';
import type { NydusBlob, NydusChunk } from './nydus-blob.ts';

/** nydusd's cache of a blob: the chunks that are on disk, decompressed, and those that are on their way. */
export class NydusCache {
  readonly #node: Node;
  readonly #client: Client;
  readonly #path: string;
  readonly #blob: NydusBlob;
  readonly #batchBytes: number;
  /** The blob's chunk table, without which nothing can be read. */
  readonly #table: Process;
  /** By chunk. */
  readonly #fetches: (Process | undefined)[];

  constructor(node: Node, client: Client, blob: NydusBlob) {
    const { parameters } = node;
    this.#node = node;
    this.#client = client;
    this.#blob = blob;
    this.#path = node.blobPath(blob.digest);
    this.#batchBytes = parameters.get('nydus.batchBytes');
    this.#fetches = blob.chunks.map(() => undefined);
    const tableBytes = parameters.get('nydus.tableEntryBytes') * blob.chunks.length;
    node.registry.put(this.#path, blob.bytes + tableBytes);
    this.#table = new Process(this.#readTable(tableBytes));
  }

  /**
   * Waits until these chunks, one behind the other, are there. What is missing is fetched with what lies behind it, up
   * to a batch: the amplification of user I/O. Others' fetches are waited for. (nydusd loses its patience after 2 s and
   * fetches by itself; here it does not.)
   */
  *ready(wanted: readonly NydusChunk[]): Flow {
    yield this.#table.end;
    const missing = wanted.filter(({ index }) => !this.#fetches[index]);
    if (missing.length > 0) this.#fetch(this.#extended(missing));
    for (const { index } of wanted) yield this.#fetches[index]!.end;
  }

  areReady(wanted: readonly NydusChunk[]): boolean {
    return wanted.every(({ index }) => this.#fetches[index]?.hasEnded === true);
  }

  /** Prefetch: the next chunks from one on that nobody has asked for, up to a batch; undefined behind the last. */
  *prefetchFrom(first: number): Flow<number | undefined> {
    yield this.#table.end;
    const { chunks } = this.#blob;
    let from = first;
    while (from < chunks.length && this.#fetches[from]) from++;
    if (from === chunks.length) return undefined;
    let end = from;
    for (let bytes = 0; end < chunks.length && !this.#fetches[end] && bytes < this.#batchBytes; end++)
      bytes += chunks[end]!.compressedBytes;
    this.#fetch(chunks.slice(from, end));
    yield this.#fetches[from]!.end;
    return end;
  }

  *#readTable(bytes: number): Flow {
    if (bytes === 0) return;
    const first = this.#blob.bytes;
    yield this.#client.get(this.#path, [{ first, last: first + bytes - 1 }]);
  }

  /** The chunks with those behind them that are not there, up to a batch from where the first begins. */
  #extended(missing: readonly NydusChunk[]): NydusChunk[] {
    const { chunks } = this.#blob;
    const first = missing[0]!;
    const batchEnd = first.offset + this.#batchBytes;
    let end = missing.at(-1)!.index + 1;
    while (end < chunks.length && endOf(chunks[end]!) <= batchEnd) end++;
    return chunks.slice(first.index, end).filter(({ index }) => !this.#fetches[index]);
  }

  /**
   * Adjacent chunks are joined until they are a batch; each such run is a GET of one range. (nydusd also reads across
   * a gap of a 128th of a batch; a gap here is a chunk that is there, and is left out.)
   */
  #fetch(missing: readonly NydusChunk[]): void {
    let run: NydusChunk[] = [];
    let runBytes = 0;
    const issue = () => {
      const fetch = new Process(this.#get(run));
      for (const { index } of run) this.#fetches[index] = fetch;
      run = [];
      runBytes = 0;
    };
    for (const chunk of missing) {
      const isAdjacent = run.length > 0 && run.at(-1)!.index + 1 === chunk.index;
      if (run.length > 0 && (!isAdjacent || runBytes >= this.#batchBytes)) issue();
      run.push(chunk);
      runBytes += chunk.compressedBytes;
    }
    if (run.length > 0) issue();
  }

  *#get(run: readonly NydusChunk[]): Flow {
    const { parameters, host } = this.#node;
    const range = { first: run[0]!.offset, last: endOf(run.at(-1)!) - 1 };
    yield this.#client.get(this.#path, [range]);
    const zstdNs = run.reduce((sum, chunk) => sum + chunk.gunzipNs, 0) * parameters.get('nydus.zstdCost');
    const bytes = run.reduce((sum, chunk) => sum + chunk.bytes, 0);
    yield host.work(zstdNs + parameters.get('content-commit.bytes') * bytes);
  }
}

const endOf = ({ offset, compressedBytes }: NydusChunk) => offset + compressedBytes;
