import { parentPort, workerData } from 'node:worker_threads';
import { TrioError } from '../../trio/errors.ts';
import { Sweep, type SweepRequest } from './sweep.ts';

/** The rows of a chunk, or why a point of it cannot be predicted: an error loses its class between threads. */
export type Answer =
  { readonly text: string } | { readonly error: Pick<TrioError, 'code' | 'message' | 'exitCode'> };

/** A thread that computes points of a sweep: it reads the start once, then answers each chunk with its rows. */
const sweep = await Sweep.load(workerData as SweepRequest);
parentPort!.on('message', ([from, to]: [number, number]) => parentPort!.postMessage(answerTo(from, to)));

function answerTo(from: number, to: number): Answer {
  try {
    return { text: sweep.rows(from, to) };
  } catch (error) {
    if (!(error instanceof TrioError)) throw error;
    const { code, message, exitCode } = error;
    return { error: { code, message, exitCode } };
  }
}
