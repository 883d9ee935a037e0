import { execa } from 'execa';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrioError } from '../../../trio/errors.ts';
import { silentProgress } from '../../../vm/progress.ts';
import { qemuPreload } from '../../../vm/tools/qemu-preload.ts';
import { processesNaming } from '../../support/processes.ts';
import { runFake } from './run-fake.ts';

let dir: string;
// Compiled the first time, in a Debian root of its own; that takes as long as the machine takes.
beforeAll(() => qemuPreload(silentProgress), 30 * 60_000);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-runner-'));
  vi.stubEnv('TRIO_QEMU', join(import.meta.dirname, 'fake-qemu.ts'));
  vi.stubEnv('TMPDIR', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

async function failure(mode: string, wallMs = 30_000): Promise<TrioError> {
  vi.stubEnv('FAKE_QEMU', mode);
  const error = await runFake(dir, wallMs).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TrioError);
  return error as TrioError;
}

/** QEMUs that work in our folder: none may be left. */
const leftBehind = () => processesNaming('fake-qemu.ts', dir);

async function expectNothingLeft(): Promise<void> {
  await expect.poll(leftBehind).toEqual([]);
  expect((await readdir(dir)).filter((name) => name.startsWith('trio-qmp-'))).toEqual([]);
}

describe('runner', () => {
  it('returns what the guest measured', async () => {
    vi.stubEnv('FAKE_QEMU', 'good');
    const { result, requests } = await runFake(dir, 30_000);
    expect(result).toMatchObject({ type: 'measured', measured: { deployNs: 1, runningNs: 2, readyNs: 3 } });
    expect(requests).toEqual([]);
    await expectNothingLeft();
  });

  it.each([
    [
      'panic',
      'GUEST_PANIC',
      [
        'Kernel panic - not syncing: Attempted to kill init!',
        'Last console lines:\nbooting',
        'run/console.log',
      ],
    ],
    ['failed', 'GUEST_FAILED', ['ctr: exit status 1', 'ctr: no such image', 'run/console.log']],
    ['garbage', 'GUEST_MESSAGE', ['guest message 1 is no JSON']],
    ['early', 'GUEST_ENDED', ['before its last message', 'The console is empty.', 'run/console.log']],
    ['crash', 'GUEST_ENDED', ['QEMU', 'SIGSEGV', 'run/console.log']],
    ['watchdog', 'GUEST_TIMEOUT', ['5 s of virtual time', 'run/console.log']],
    ['refuse', 'QEMU_FAILED', ['Cannot allocate memory']],
  ])('reports a guest that does %s', async (mode, code, parts) => {
    const error = await failure(mode);
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(1);
    for (const part of parts) expect(error.message).toContain(part);
    await expectNothingLeft();
  });

  it('ends a guest that hangs, after the wall limit', async () => {
    const error = await failure('hang', 1500);
    expect(error.code).toBe('GUEST_TIMEOUT');
    expect(error.message).toContain('no end within 1.5 s of wall time');
    expect(error.message).toContain('still thinking');
    await expectNothingLeft();
  });

  it('names a QEMU that is not there', async () => {
    vi.stubEnv('TRIO_QEMU', join(dir, 'no-qemu'));
    const error = await runFake(dir, 1000).catch((e: unknown) => e);
    expect((error as TrioError).code).toBe('QEMU_MISSING');
  });

  function start() {
    vi.stubEnv('FAKE_QEMU', 'hang');
    const options = { reject: false, buffer: false, detached: true } as const;
    return execa(process.execPath, [join(import.meta.dirname, 'run-fake.ts'), dir], options);
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves nothing behind on %s', async (signal, exitCode) => {
    const child = start();
    await expect.poll(leftBehind, { timeout: 10_000 }).not.toEqual([]);
    child.kill(signal);
    expect((await child).exitCode).toBe(exitCode);
    await expectNothingLeft();
  });

  it('takes QEMU with it when it is killed itself', async () => {
    const child = start();
    await expect.poll(leftBehind, { timeout: 10_000 }).not.toEqual([]);
    child.kill('SIGKILL');
    await child;
    await expect.poll(leftBehind).toEqual([]);
  });
});
