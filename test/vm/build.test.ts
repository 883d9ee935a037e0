import { execa } from 'execa';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesNaming } from '../support/processes.ts';

it('a build that is interrupted leaves no mounts, no processes and no half-built entries', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trio-build-test-'));
  await chmod(dir, 0o755); // else the root is built elsewhere: open-folder.ts
  const cache = join(dir, 'cache');
  const build = execa(process.execPath, [join(import.meta.dirname, '../../vm/cli/build.ts')], {
    env: { TRIO_CACHE: cache, TMPDIR: dir },
    reject: false,
    buffer: false,
  });
  // As root mmdebstrap mounts in our namespace, and that is the worst moment; else in its own, and a file shows it.
  const mounts = () => readFile('/proc/self/mountinfo', 'utf8');
  const isAtWork = async () =>
    process.getuid?.() === 0
      ? (await mounts()).includes(dir)
      : (await readdir(dir, { recursive: true })).some((name) => /mmdebstrap\.[^/]+\/usr\/bin\//.test(name));
  try {
    await expect.poll(isAtWork, { timeout: 300_000, interval: 100 }).toBe(true);
  } finally {
    build.kill('SIGINT');
    await build;
  }
  expect((await build).exitCode).toBe(130);

  expect(await processesNaming(dir)).toEqual([]);
  expect(await mounts()).not.toContain(dir);
  const left = (await readdir(dir, { recursive: true })).filter(
    (name) => !/^cache(\/[\w-]+)?$|\.lock$/.test(name),
  );
  expect(left.slice(0, 10)).toEqual([]);
  await rm(dir, { recursive: true });
});
