import { spawnSync } from 'node:child_process';
import { loadPayload } from './payload.ts';
import type { GuestResult, ScriptScenario } from './protocol.ts';

/** Runs a script of the payload, in the payload's folder; its output is both streams, in order. */
export function runScript({ script }: ScriptScenario): GuestResult {
  const cwd = loadPayload();
  const child = spawnSync('/bin/sh', ['-c', `exec /bin/sh "./${script}" 2>&1`], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  // A script that a signal ended has no status; the shell's way of saying so is 128 and more.
  return { type: 'script', status: child.status ?? 128, output: child.stdout };
}
