import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** A command that had to succeed and did not. */
export class CommandError extends Error {
  readonly details: string[];
  constructor(command: readonly string[], how: string, output: string) {
    const shown = command.join(' ');
    super(`${shown.length > 300 ? `${shown.slice(0, 300)}…` : shown}: ${how}`);
    this.details = lastLines(output, 20);
  }
}

/** The last `count` lines of a text. */
export function lastLines(text: string, count: number): string[] {
  return text.trim().split('\n').slice(-count);
}

/** Runs a command to its end and returns its standard output; for steps outside the measurement. */
export function run(...command: string[]): string {
  const [file = '', ...args] = command;
  const result = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.error) throw new CommandError(command, result.error.message, '');
  if (result.status !== 0)
    throw new CommandError(
      command,
      `exit status ${result.status ?? result.signal}`,
      result.stdout + result.stderr,
    );
  return result.stdout;
}

/** Loads kernel modules. */
export function modprobe(...modules: string[]): void {
  run('modprobe', '-a', ...modules);
}

/** Runs a command without blocking the agent; rejects with its last lines when it fails or `signal` aborts it. */
export async function runAsync(command: readonly string[], signal?: AbortSignal): Promise<void> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let output = '';
  const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-16384));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let status: unknown;
  try {
    [status] = (await once(child, 'close')) as [number | null];
  } catch (error) {
    throw new CommandError(command, (error as Error).message, output);
  }
  if (status !== 0) throw new CommandError(command, `exit status ${String(status)}`, output);
}

/** Starts a daemon with its output in `logFile`. */
export function startDaemon(command: readonly string[], logFile: string): ChildProcess {
  const [file = '', ...args] = command;
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', (error) => {
    throw new CommandError(command, error.message, '');
  });
  return child;
}
