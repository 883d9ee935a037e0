import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from '../../../vm/cache/lock.ts';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'trio-lock-'))));
afterEach(() => rm(dir, { recursive: true }));

it('lets one in at a time and says so to the other', async () => {
  const path = join(dir, 'lock');
  const order: string[] = [];
  const release = await takeLock(path);
  const second = takeLock(path, () => order.push('waiting')).then(async (releaseSecond) => {
    order.push('second');
    await releaseSecond();
  });
  await expect.poll(() => order).toEqual(['waiting']);
  order.push('release');
  await release();
  await second;
  expect(order).toEqual(['waiting', 'release', 'second']);
});

it('is free again when its holder is killed', async () => {
  const path = join(dir, 'lock');
  const lockModule = join(import.meta.dirname, '../../../vm/cache/lock.ts');
  const script = `import { takeLock } from ${JSON.stringify(lockModule)};
    await takeLock(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = execa(process.execPath, ['--input-type=module', '-e', script], {
    reject: false,
    buffer: false,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  let waited = false;
  const lock = takeLock(path, () => (waited = true));
  await expect.poll(() => waited).toBe(true);
  holder.kill('SIGKILL');
  const release = await lock;
  await release();
  await holder;
});
