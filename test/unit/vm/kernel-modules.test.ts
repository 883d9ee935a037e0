import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { moduleSources } from '../../../vm/tools/kernel-modules.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trio-modules-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('sources of the kernel modules are what Kbuild reads, not what an earlier build left', async () => {
  await mkdir(join(folder, 'include'));
  await mkdir(join(folder, 'rio_tracker'));
  await mkdir(join(folder, 'iotracker'));
  const sources = ['Kbuild', 'include/format.h', 'rio_tracker/Kbuild', 'rio_tracker/main.c'];
  const products = ['main.o', 'rio_tracker.ko', 'rio_tracker.mod.c'].map((file) => `rio_tracker/${file}`);
  const others = ['Module.symvers', 'README.md', 'iotracker/iotracker.c'];
  for (const file of [...sources, ...products, ...others]) await writeFile(join(folder, file), '');
  expect(await moduleSources(folder)).toEqual(sources);
});

test('the repository has sources to build', async () => {
  const files = await moduleSources(join(import.meta.dirname, '../../../kernel'));
  expect(files).toContain('rio_tracker/main.c');
  expect(files).toContain('include/trio_trace.h');
});
