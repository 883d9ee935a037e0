import { all, Process, type Flow } from '../engine/process.ts';
import { Semaphore } from '../engine/semaphore.ts';
import type { Node } from '../host/node.ts';
import type { Image, ImageFile } from './image.ts';
import { keepsAll } from '../net/http-pool.ts';
import { nydusLayout, type NydusLayout } from './nydus-blob.ts';
import { NydusCache } from './nydus-cache.ts';

/** nydusd: answers the kernel's reads with so many threads, each at one read until that is answered. */
export class NydusDaemon {
  readonly #node: Node;
  readonly #layout: NydusLayout;
  readonly #threads: Semaphore;
  #caches: readonly NydusCache[] = [];

  constructor(node: Node, image: Image) {
    const { parameters } = node;
    this.#node = node;
    this.#layout = nydusLayout(image, image, parameters);
    this.#threads = new Semaphore(node.engine, parameters.get('nydus.threads'));
  }

  /** Until it can be mounted; it has begun to read the blobs' chunk tables then, and to prefetch if it is to. */
  *start(): Flow {
    const node = this.#node;
    yield node.host.work(node.parameters.get('nydus.daemonStartNs'));
    const client = node.client(keepsAll);
    this.#caches = this.#layout.blobs.map((blob) => new NydusCache(node, client, blob));
    if (node.parameters.get('nydus.prefetch') === 1) new Process(this.#prefetch());
  }

  /** Whether its cache files have these bytes. */
  has(file: ImageFile, position: number, bytes: number): boolean {
    return this.#caches[file.layer]!.areReady(this.#layout.chunks(file, position, bytes));
  }

  /** A read by the kernel: has what is missing brought to the cache, then works so long on the answer. */
  *read(file: ImageFile, position: number, bytes: number, answerNs: number): Flow {
    yield (actor, signal, arg) => this.#threads.acquire(actor, signal, arg);
    yield* this.#caches[file.layer]!.ready(this.#layout.chunks(file, position, bytes));
    yield this.#node.host.work(answerNs);
    this.#threads.release();
  }

  /** Blob by blob, from the beginning. */
  *#prefetch(): Flow {
    const threads = this.#node.parameters.get('nydus.prefetchThreads');
    for (const cache of this.#caches) {
      const place: PrefetchPlace = { next: 0 };
      yield* all(Array.from({ length: threads }, () => prefetchFrom(cache, place)));
    }
  }
}

/** Where in a blob its prefetching threads are. */
interface PrefetchPlace {
  next: number | undefined;
}

function* prefetchFrom(cache: NydusCache, place: PrefetchPlace): Flow {
  while (place.next !== undefined) place.next = yield* cache.prefetchFrom(place.next);
}
