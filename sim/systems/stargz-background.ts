import { all, type Flow } from '../engine/process.ts';
import { Semaphore } from '../engine/semaphore.ts';
import type { GoProgram } from '../host/go-program.ts';
import type { Node } from '../host/node.ts';
import { inWalkOrder } from './file-order.ts';
import type { Image, LayerFile, StargzChunk } from './image.ts';
import type { StargzLayer } from './stargz-layer.ts';

/**
 * The stargz snapshotter's background fetch: all chunks that nobody has asked for yet, of all layers at once. It reads
 * their blobs a few reads at a time, while nobody else reads one, and not for a while after. (The snapshotter also
 * cancels what it is at when somebody does, and does it again; here it goes on.)
 */
export class StargzBackground {
  readonly #node: Node;
  readonly #daemon: GoProgram;
  readonly #silenceNs: number;
  readonly #tasks: number;
  /** Reads for somebody that are going on, and when the last one ended. */
  #prioritized = 0;
  #endedAtNs: number;

  constructor(node: Node, daemon: GoProgram) {
    this.#node = node;
    this.#daemon = daemon;
    this.#silenceNs = node.parameters.get('stargz.silenceNs');
    this.#tasks = node.parameters.get('stargz.backgroundTasks');
    this.#endedAtNs = node.engine.nowNs;
  }

  /** Reads of a blob what somebody waits for. */
  *prioritize(read: Flow): Flow {
    this.#prioritized++;
    yield* read;
    this.#prioritized--;
    this.#endedAtNs = this.#node.engine.nowNs;
  }

  /** The order of files is that of Go's maps, another one in each run; in each layer, a chunk for each core at once. */
  *fetch(image: Image, layers: readonly StargzLayer[]): Flow {
    if (this.#tasks === 0) return;
    // Most starts are over before; only then the order matters.
    yield* this.#silence();
    const { engine, parameters, random } = this.#node;
    const permits = new Semaphore(engine, this.#tasks);
    const readBlob = (read: Flow): Flow => this.#whenSilent(permits, read);
    const draws = random.stream('stargz background order');
    yield* all(
      layers.flatMap((layer, i) => {
        const files = inWalkOrder(image.folder(i), draws);
        const chunks = files.flatMap((file) => file.chunks.map((chunk) => ({ file, chunk }))).values();
        return Array.from({ length: parameters.get('host.cores') }, () =>
          fetchEach(this.#daemon, layer, chunks, readBlob),
        );
      }),
    );
  }

  *#whenSilent(permits: Semaphore, read: Flow): Flow {
    this.#daemon.leave();
    for (;;) {
      yield* this.#silence();
      yield permits.acquire.bind(permits);
      yield this.#daemon.enter;
      if (this.#leftNs() <= 0) break;
      this.#daemon.leave();
      permits.release();
    }
    yield* read;
    permits.release();
  }

  *#silence(): Flow {
    for (let leftNs = this.#leftNs(); leftNs > 0; leftNs = this.#leftNs())
      yield this.#node.host.sleep(leftNs);
  }

  /** Of the silence, at least: what is going on now ends later, so the silence after it does too. */
  #leftNs(): number {
    const { nowNs } = this.#node.engine;
    return (this.#prioritized > 0 ? nowNs : this.#endedAtNs) + this.#silenceNs - nowNs;
  }
}

/** One of the tasks that take what is next of the same chunks. */
function* fetchEach(
  daemon: GoProgram,
  layer: StargzLayer,
  chunks: Iterable<{ file: LayerFile; chunk: StargzChunk }>,
  readBlob: (read: Flow) => Flow,
): Flow {
  for (const { file, chunk } of chunks) {
    yield daemon.enter;
    yield* layer.read(file, chunk.position, chunk.bytes, readBlob);
    daemon.leave();
  }
}
