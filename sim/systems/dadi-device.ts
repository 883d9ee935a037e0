import { all, Process, type Flow } from '../engine/process.ts';
import { Semaphore } from '../engine/semaphore.ts';
import type { Node } from '../host/node.ts';
import { keepsAll } from '../net/http-pool.ts';
import { DadiBlob } from './dadi-blob.ts';
import type { Blocks, DadiLayout } from './dadi-layout.ts';

/** overlaybd's block device of an image: TCMU, a coroutine for each request up to so many. */
export class DadiDevice {
  readonly layout: DadiLayout;
  readonly #node: Node;
  readonly #blobs: readonly DadiBlob[];
  readonly #workers: Semaphore;
  /** Reads of metadata: what they bring stays in the device's page cache. */
  readonly #metadata = new Map<string, Process>();

  constructor(node: Node, layout: DadiLayout) {
    const client = node.client(keepsAll);
    this.layout = layout;
    this.#node = node;
    this.#blobs = layout.layers.map((layer) => new DadiBlob(node, client, layer));
    this.#workers = new Semaphore(node.engine, node.parameters.get('dadi.workers'));
  }

  /** Reads the tables of all blobs, so many at a time. */
  *open(): Flow {
    const permits = new Semaphore(this.#node.engine, this.#node.parameters.get('dadi.openTasks'));
    yield* all(this.#blobs.map((blob) => openWith(permits, blob)));
  }

  /** One request of the block layer. */
  *read(blocks: Blocks): Flow {
    const { host, parameters } = this.#node;
    const cost = (name: string) => parameters.get(name);
    yield (actor, signal, arg) => this.#workers.acquire(actor, signal, arg);
    yield* this.readBlob(blocks);
    const blockLayerNs = cost('read-cold.reads') + cost('read-cold.pages') * blocks.count;
    const tcmuNs = cost('fuse-read.reads') + cost('fuse-read.pages') * blocks.count;
    yield host.work(blockLayerNs + tcmuNs * cost('dadi.tcmuCost'));
    this.#workers.release();
  }

  /** What it works for that, if all of it is in the cache; undefined: it is not. */
  blobReadNs({ layer, first, count }: Blocks): number | undefined {
    return this.#blobs[layer]!.readNs(first, count);
  }

  /** What is under a request: also what replay reads, to throw it away. */
  readBlob({ layer, first, count }: Blocks): Flow {
    return this.#blobs[layer]!.read(first, count);
  }

  *readMetadata(blocks: Blocks): Flow {
    const key = `${blocks.layer} ${blocks.first}`;
    let reading = this.#metadata.get(key);
    if (!reading) this.#metadata.set(key, (reading = new Process(this.read(blocks))));
    yield reading.end;
  }
}

function* openWith(permits: Semaphore, blob: DadiBlob): Flow {
  yield (actor, signal, arg) => permits.acquire(actor, signal, arg);
  yield* blob.open();
  permits.release();
}
