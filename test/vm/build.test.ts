import { execa } from 'execa';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesNaming } from '../support/processes.ts';

it('a build that is interrupted leaves no mounts, no processes and no half-built entries', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trio-build-test-'));
  const cache = join(dir, 'cache');
  const build = execa(process.execPath, [join(import.meta.dirname, '../../vm/cli/build.ts')], {
    env: { TRIO_CACHE: cache, TMPDIR: dir },
    reject: false,
    buffer: false,
  });
  // mmdebstrap is at work when its root has a file of a package.
  const unpacking = async () =>
    (await readdir(dir, { recursive: true })).some((name) => /mmdebstrap\.[^/]+\/usr\/bin\//.test(name));
  await expect.poll(unpacking, { timeout: 120_000, interval: 500 }).toBe(true);
  build.kill('SIGINT');
  expect((await build).exitCode).toBe(130);

  expect(await processesNaming(dir)).toEqual([]);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(dir);
  const left = (await readdir(dir, { recursive: true })).filter(
    (name) => !/^cache(\/[\w-]+)?$|\.lock$/.test(name),
  );
  expect(left.slice(0, 10)).toEqual([]);
  await rm(dir, { recursive: true });
});
