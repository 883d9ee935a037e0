import { all, type Flow } from '../engine/process.ts';
import type { Client, Node } from '../host/node.ts';
import { DadiCache } from './dadi-cache.ts';
import type { DadiLayer } from './dadi-layer.ts';

const mebibyte = 2 ** 20;

/** A layer's blob as overlaybd has it open. */
export class DadiBlob {
  readonly #node: Node;
  readonly #client: Client;
  readonly #layer: DadiLayer;
  readonly #path: string;
  readonly #cache: DadiCache;

  constructor(node: Node, client: Client, layer: DadiLayer) {
    this.#node = node;
    this.#client = client;
    this.#layer = layer;
    this.#path = node.blobPath(layer.digest);
    this.#cache = new DadiCache(node, client, this.#path, layer.bytes);
    node.registry.put(this.#path, layer.bytes);
  }

  /** Asks whether a token is needed, where the blob really is, and for its size; then reads all tables of it. */
  *open(): Flow {
    yield this.#client.get(this.#path, [{ first: 0, last: 0 }]);
    yield* this.#askForPlace();
    yield this.#client.get(this.#path, [{ first: 0, last: 1 }]);
    const { header, trailer, jumpTable, blocks } = this.#layer;
    yield* this.#cache.read(header.offset, header.bytes);
    yield* this.#cache.read(trailer.offset, trailer.bytes);
    const pieces: Flow[] = [];
    for (let done = 0; done < jumpTable.bytes; done += mebibyte)
      pieces.push(this.#cache.read(jumpTable.offset + done, Math.min(mebibyte, jumpTable.bytes - done)));
    yield* all(pieces);
    // LSMT's header, then its trailer and index.
    yield* this.read(0, 1);
    yield* this.read(blocks - 1, 1);
    const index = this.#layer.indexBlocks;
    if (index > 0) yield* this.read(blocks - 1 - index, index);
  }

  /** ZFile's read: so much of the blob at a time, and all blocks decompressed. */
  *read(first: number, blocks: number): Flow {
    const { offset, bytes } = this.#layer.place(first, blocks);
    const most = this.#node.parameters.get('dadi.zfileReadBytes');
    for (let done = 0; done < bytes; done += most)
      yield* this.#cache.read(offset + done, Math.min(most, bytes - done));
    yield this.#node.host.work(this.#layer.lz4Ns(first, blocks));
  }

  /** What `read` works if it need not wait for anything; undefined: it must. */
  readNs(first: number, blocks: number): number | undefined {
    const { offset, bytes } = this.#layer.place(first, blocks);
    return this.#cache.has(offset, bytes) ? this.#layer.lz4Ns(first, blocks) : undefined;
  }

  /**
   * A GET without range that wants only to know whether it is redirected. A registry that answers itself begins to
   * send; the connection is dropped when the header is there, and what was sent by then was sent for nothing.
   */
  *#askForPlace(): Flow {
    const last = Math.min(this.#layer.bytes, this.#node.parameters.get('dadi.droppedBytes')) - 1;
    const client = this.#node.client();
    yield client.get(this.#path, [{ first: 0, last }]);
    client.closeIdle();
  }
}
