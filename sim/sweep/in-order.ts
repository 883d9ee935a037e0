import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { TrioError } from '../../trio/errors.ts';
import type { SweepRequest } from './sweep.ts';
import type { Answer } from './worker.ts';

/** Small enough to share the end of a sweep evenly, large enough that messages do not count. */
const chunkPointsMax = 16;
/** Chunks for each thread that may be under way or wait for an earlier one: what bounds the memory. */
const chunksAhead = 4;

/** A start leaves nothing behind: the more of them fit into the young generation, the less is copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

/**
 * The rows of the points from `from` on, chunk by chunk, in their order however many threads compute them.
 *
 * @throws TrioError that of the first chunk with a point that cannot be predicted
 */
export async function* rowsInOrder(
  request: SweepRequest,
  { from, end, workers }: { readonly from: number; readonly end: number; readonly workers: number },
): AsyncGenerator<{ text: string; to: number }> {
  const threads = Math.min(workers, end - from);
  if (threads === 0) return;
  const options = { workerData: request, resourceLimits };
  const idle = Array.from(
    { length: threads },
    () => new Worker(new URL('worker.ts', import.meta.url), options),
  );
  const all = [...idle];
  const limit = pLimit(threads);
  const compute = async (first: number, to: number) => {
    const worker = idle.pop()!;
    worker.postMessage([first, to]);
    // Rejects if the thread fails instead.
    const [answer] = (await once(worker, 'message')) as [Answer];
    idle.push(worker);
    if ('text' in answer) return { text: answer.text, to };
    const { code, message, exitCode } = answer.error;
    throw new TrioError(code, message, { exitCode });
  };
  const points = Math.min(chunkPointsMax, Math.ceil((end - from) / (threads * chunksAhead)));
  const underWay: Promise<{ text: string; to: number }>[] = [];
  try {
    for (let next = from; next < end; next += points) {
      const chunk = limit(compute, next, Math.min(next + points, end));
      // The loop meets the first failure; those of later chunks are no news.
      chunk.catch(() => {});
      underWay.push(chunk);
      if (underWay.length === threads * chunksAhead) yield await underWay.shift()!;
    }
    for (const chunk of underWay) yield await chunk;
  } finally {
    limit.clearQueue();
    await Promise.all(all.map((worker) => worker.terminate()));
  }
}
