import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from './samples.ts';

/** Work of the program that is not ready yet, in rounds of its loop. */
const works = [
  { rounds: 4e6, check: false, repeats: 3 },
  { rounds: 20e6, check: true, repeats: 3 },
  { rounds: 80e6, check: false, repeats: 3 },
  { rounds: 160e6, check: true, repeats: 1 },
  { rounds: 320e6, check: false, repeats: 1 },
  { rounds: 640e6, check: true, repeats: 1 },
  { rounds: 1920e6, check: false, repeats: 1 },
];

/** Of which the one in the middle counts. */
const answers = 5;
/** As long as a short start is asked for in vain. */
const askedMs = 60;

/** What the agent's asking for readiness costs, and what its first answer does. */
export async function measureProbes(): Promise<void> {
  for (const kind of ['http', 'tcp']) await measureWaiting(kind);
  for (const check of [false, true]) await measureAnswer(check);
}

/**
 * How much longer a program takes for its work while a port that nobody listens on is asked as in a start, by a process
 * that has not asked before. Asking gets cheaper with time, as the asker's code gets compiled: its first second, the
 * next three and the rest are apart.
 */
async function measureWaiting(kind: string): Promise<void> {
  for (const { rounds, check, repeats } of works) {
    const aloneNs = await workNs(rounds);
    const runs: { x: Record<string, number>; ns: number }[] = [];
    for (let i = 0; i < repeats; i++) {
      const waitedNs = await workNs(rounds, kind);
      runs.push({ x: { first: 1, ...spans(waitedNs) }, ns: waitedNs - aloneNs });
    }
    report(`probe-${kind}`, check, runs);
  }
}

/**
 * How much later the first answer is there than the second, after a server has begun to listen that has answered often
 * before: the code that takes an answer has not run before. That of a TCP port does nothing with it: less than 0.5 ms.
 */
async function measureAnswer(check: boolean): Promise<void> {
  const runs: { x: Record<string, number>; ns: number }[] = [];
  for (let i = 0; i < answers; i++) {
    const server = start('answer');
    const prober = start('ask', 'http');
    try {
      for (const child of [server, prober]) await lineOf(child);
      const takenNs: number[] = [];
      for (let n = 0; n < 2; n++) {
        prober.stdin?.write('\n');
        await sleep(askedMs);
        server.stdin?.write('\n');
        const [listensNs, answeredNs] = [await lineOf(server), await lineOf(prober)];
        takenNs.push(Number(BigInt(answeredNs) - BigInt(listensNs)));
        server.stdin?.write('\n');
        await lineOf(server);
      }
      const [first = 0, second = 0] = takenNs;
      runs.push({ x: { answers: 1 }, ns: first - second });
    } finally {
      await kill(server, prober);
    }
  }
  report('probe-http-answer', check, runs);
}

function spans(waitedNs: number): Record<string, number> {
  const upTo1sNs = Math.min(waitedNs, 1e9);
  const upTo4sNs = Math.min(waitedNs, 4e9) - upTo1sNs;
  return { upTo1sNs, upTo4sNs, beyond4sNs: waitedNs - upTo1sNs - upTo4sNs };
}

async function workNs(rounds: number, probe?: string): Promise<number> {
  const worker = start('work', String(rounds));
  const prober = probe === undefined ? undefined : start('ask', probe);
  try {
    for (const child of [worker, prober]) if (child) await lineOf(child); // it is there
    prober?.stdin?.write('\n');
    worker.stdin?.write('\n');
    return Number(await lineOf(worker));
  } finally {
    await kill(worker, prober);
  }
}

async function kill(...children: (ChildProcess | undefined)[]): Promise<void> {
  for (const child of children) {
    if (!child) continue;
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
  }
}

function start(...args: string[]): ChildProcess {
  const program = new URL('probe-child.ts', import.meta.url).pathname;
  return spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function lineOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the child has no output');
  const lines = createInterface({ input: stdout });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
}
