import { parentPort, workerData } from 'node:worker_threads';
import { Sweep, type SweepRequest } from './sweep.ts';

/** A thread that computes points of a sweep: it reads the start once, then answers each chunk with its rows. */
const sweep = await Sweep.load(workerData as SweepRequest);
parentPort!.on('message', ([from, to]: [number, number]) => parentPort!.postMessage(sweep.rows(from, to)));
