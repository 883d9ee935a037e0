import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrioError } from '../../../trio/errors.ts';
import { cached, entryPath, recipeHash } from '../../../vm/cache/cache.ts';
import { silentProgress } from '../../../vm/progress.ts';

const entry = { kind: 'thing', name: 'a', recipe: { size: 1 } };
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trio-cache-'));
  vi.stubEnv('TRIO_CACHE', root);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

describe('recipe hash', () => {
  it('does not depend on the order of keys, but on everything else', () => {
    expect(recipeHash({ a: 1, b: [1, 2] })).toBe(recipeHash({ b: [1, 2], a: 1 }));
    expect(recipeHash({ a: 1, b: [1, 2] })).not.toBe(recipeHash({ a: 1, b: [2, 1] }));
  });
});

describe('cache', () => {
  it('builds once, however many ask at the same time', async () => {
    const build = vi.fn(async (dir: string) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await writeFile(join(dir, 'content'), 'x');
    });
    const paths = await Promise.all([1, 2, 3].map(() => cached(entry, silentProgress, build)));
    expect(build).toHaveBeenCalledTimes(1);
    expect(new Set(paths)).toEqual(new Set([entryPath(entry)]));
    expect(await readFile(join(entryPath(entry), 'content'), 'utf8')).toBe('x');
  });

  it('keeps nothing of a build that failed, and builds again', async () => {
    const failing = cached(entry, silentProgress, async (dir) => {
      await writeFile(join(dir, 'half'), '');
      throw new Error('no luck');
    });
    await expect(failing).rejects.toThrow('no luck');
    expect((await readdir(join(root, 'thing'))).filter((name) => !name.endsWith('.lock'))).toEqual([]);
    await cached(entry, silentProgress, () => Promise.resolve());
    expect(await readdir(entryPath(entry))).toEqual(['recipe.json']);
  });

  it('clears away what a killed build left', async () => {
    const partial = `${entryPath(entry)}.partial`;
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, 'half'), '');
    await cached(entry, silentProgress, () => Promise.resolve());
    expect(await readdir(entryPath(entry))).toEqual(['recipe.json']);
  });

  it('says that the disk is full, and where', async () => {
    const failing = cached(entry, silentProgress, () =>
      Promise.reject(new Error('ENOSPC: no space left on device, write')),
    );
    const error = await failing.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TrioError);
    expect((error as TrioError).code).toBe('DISK_FULL');
    expect((error as TrioError).message).toContain(root);
  });
});
