import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrioError } from '../../trio/errors.ts';

/** Releases the lock; safe to call twice. */
export type Release = () => Promise<void>;

/**
 * Takes an exclusive advisory lock on `path` (created when missing), waiting as long as another process holds it.
 *
 * The lock is held by a `flock` child whose standard input is our pipe: when this process ends in any way,
 * SIGKILL included, the pipe closes, the child ends and the kernel drops the lock. No stale lock can remain.
 *
 * @param path     lock file
 * @param onWait   called once if somebody else holds the lock now
 */
export async function takeLock(path: string, onWait?: () => void): Promise<Release> {
  await mkdir(dirname(path), { recursive: true });
  const first = await hold(path, ['--nonblock']);
  if (first) return first;
  onWait?.();
  const second = await hold(path, []);
  if (!second) throw new TrioError('LOCK_FAILED', `cannot lock ${path}`);
  return second;
}

async function hold(path: string, flags: string[]): Promise<Release | undefined> {
  const child = execa('flock', [...flags, '--no-fork', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: false,
    reject: false,
    // A Ctrl-C in the terminal reaches the whole process group; the lock must outlive our own cleaning up.
    detached: true,
  });
  child.stdin.on('error', () => {});
  const locked = await new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    void child.then((result) => {
      if (result.code === 'ENOENT') resolve(false);
      resolve(false);
    });
  });
  if (!locked) {
    const result = await child;
    if (result.code === 'ENOENT') throw new TrioError('FLOCK_MISSING', 'flock not found: install util-linux');
    return undefined;
  }
  return async () => {
    child.stdin.end();
    await child;
  };
}
