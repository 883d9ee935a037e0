import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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

/**
 * What the agent's asking for readiness costs the program that is not ready yet: how much longer a program takes for
 * its work while a port that nobody listens on is asked as in a start, by a process that has not asked before. Asking
 * gets cheaper with time, as the asker's code gets compiled: its first second, the next three and the rest are apart.
 */
export async function measureProbes(): Promise<void> {
  for (const kind of ['http', 'tcp'])
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
    for (const child of [worker, prober]) {
      if (!child) continue;
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await ended;
    }
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
