import { Process, type Flow } from '../engine/process.ts';
import type { Client, Node } from '../host/node.ts';
import type { ByteRange } from '../net/byte-range.ts';

/** overlaybd's cache of a blob as it is in the registry, compressed: filled in aligned pieces, each fetched once. */
export class DadiCache {
  readonly #node: Node;
  readonly #client: Client;
  readonly #path: string;
  readonly #bytes: number;
  readonly #refillBytes: number;
  /** By piece. Others who want a piece that is on its way wait for it: the range lock. */
  readonly #fetches: (Process | undefined)[] = [];

  constructor(node: Node, client: Client, path: string, bytes: number) {
    this.#node = node;
    this.#client = client;
    this.#path = path;
    this.#bytes = bytes;
    this.#refillBytes = node.parameters.get('dadi.refillBytes');
  }

  has(offset: number, bytes: number): boolean {
    const end = Math.ceil((offset + bytes) / this.#refillBytes);
    for (let piece = Math.floor(offset / this.#refillBytes); piece < end; piece++)
      if (this.#fetches[piece]?.hasEnded !== true) return false;
    return true;
  }

  /** Waits for these bytes; each hole among the pieces that hold them is fetched with one request. */
  *read(offset: number, bytes: number): Flow {
    const first = Math.floor(offset / this.#refillBytes);
    const end = Math.ceil((offset + bytes) / this.#refillBytes);
    for (let from = first; from < end;) {
      let to = from;
      while (to < end && !this.#fetches[to]) to++;
      if (to > from) {
        const range = {
          first: from * this.#refillBytes,
          last: Math.min(to * this.#refillBytes, this.#bytes) - 1,
        };
        const fetch = new Process(this.#get(range));
        for (let piece = from; piece < to; piece++) this.#fetches[piece] = fetch;
      }
      from = to + 1;
    }
    for (let piece = first; piece < end; piece++) yield this.#fetches[piece]!.end;
  }

  *#get(range: ByteRange): Flow {
    yield this.#client.get(this.#path, [range], this.#node.parameters.get('content-commit.bytes'));
  }
}
