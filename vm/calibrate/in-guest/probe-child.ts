/** A process of `probe.ts`: works, or asks a port, or answers on it, once it is told to. */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { waitReady } from '../../guest/readiness.ts';

/** Nobody else listens there. */
const port = 9;
const [what, arg = ''] = process.argv.slice(2);

function work(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1103515245) + 12345) | 0;
  return x;
}

/** Asks until there is an answer. */
function ask(): Promise<bigint> {
  const readiness =
    arg === 'http' ? ({ kind: 'http', port, path: '/' } as const) : ({ kind: 'tcp', port } as const);
  return waitReady(readiness, '', new AbortController().signal);
}

/** Has answered so often before that the answer's cost is the same each time. */
async function answer(): Promise<Server> {
  const server = createServer((_, response) => response.end('ready'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as { port: number };
  for (let i = 0; i < 50; i++) {
    const request = get({ host: '127.0.0.1', port: own, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'close');
  }
  server.close();
  await once(server, 'close');
  return server;
}

const line = (): Promise<unknown> => once(process.stdin, 'data');
const say = (text: string) => process.stdout.write(`${text}\n`);

if (what === 'work') {
  work(1e7); // compiled before it is measured
  say('ready');
  await line();
  const from = process.hrtime.bigint();
  work(Number(arg));
  say(`${process.hrtime.bigint() - from}`);
} else if (what === 'ask') {
  say('ready');
  for (;;) {
    await line();
    say(`${await ask()}`);
  }
} else {
  const server = await answer();
  say('ready');
  for (;;) {
    await line();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    say(`${process.hrtime.bigint()}`);
    await line();
    server.close();
    await once(server, 'close');
    say('closed');
  }
}
