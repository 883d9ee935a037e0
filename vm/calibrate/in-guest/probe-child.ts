/** A process of `probe.ts`: works, or asks a port, once it is told to. */
import { once } from 'node:events';
import { waitReady } from '../../guest/readiness.ts';

/** Nobody listens there. */
const port = 9;
const [what, arg = ''] = process.argv.slice(2);

function work(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1103515245) + 12345) | 0;
  return x;
}

// Compiled before it is measured.
if (what === 'work') work(1e7);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
if (what === 'work') {
  const from = process.hrtime.bigint();
  work(Number(arg));
  process.stdout.write(`${process.hrtime.bigint() - from}\n`);
} else {
  const readiness =
    arg === 'http' ? ({ kind: 'http', port, path: '/' } as const) : ({ kind: 'tcp', port } as const);
  await waitReady(readiness, '', new AbortController().signal);
}
