import { all, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { ImageFile, StargzChunk } from './image.ts';
import type { StargzLayer } from './stargz-layer.ts';

export interface BackgroundChunk {
  readonly layer: StargzLayer;
  readonly file: ImageFile;
  readonly chunk: StargzChunk;
}

/**
 * The stargz snapshotter's background fetch: all that nobody has asked for yet, a few chunks at a time, while nothing
 * that somebody waits for is going on and for a while after. (The snapshotter also cancels what it is at when that
 * begins, and does it again; here it goes on.)
 */
export class StargzBackground {
  readonly #node: Node;
  readonly #silenceNs: number;
  /** Prioritized tasks that are going on, and when the last one ended. */
  #prioritized = 0;
  #endedAtNs: number;

  constructor(node: Node) {
    this.#node = node;
    this.#silenceNs = node.parameters.get('stargz.silenceNs');
    this.#endedAtNs = node.engine.nowNs;
  }

  /** Runs what somebody waits for. */
  *prioritize(flow: Flow): Flow {
    this.#prioritized++;
    yield* flow;
    this.#prioritized--;
    this.#endedAtNs = this.#node.engine.nowNs;
  }

  /** @param list  of all chunks; called when it begins, which short starts never see */
  *fetch(list: () => readonly BackgroundChunk[]): Flow {
    yield* this.#silence();
    const chunks = list();
    let next = 0;
    const task = function* (background: StargzBackground): Flow {
      while (next < chunks.length) {
        yield* background.#silence();
        const one = chunks[next++];
        if (one) yield* one.layer.read(one.file, one.chunk.position, one.chunk.bytes);
      }
    };
    yield* all(Array.from({ length: this.#node.parameters.get('stargz.backgroundTasks') }, () => task(this)));
  }

  *#silence(): Flow {
    const { engine, host } = this.#node;
    for (;;) {
      // What is going on now ends later, so the silence after it does too.
      const fromNs = this.#prioritized > 0 ? engine.nowNs : this.#endedAtNs;
      const leftNs = fromNs + this.#silenceNs - engine.nowNs;
      if (leftNs <= 0) return;
      yield host.sleep(leftNs);
    }
  }
}
