import { execa } from 'execa';
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeOutput } from '../../../../sim/cli/output.ts';
import { traceFolder } from '../../../support/trace-folder.ts';

const folder = traceFolder();
const file = (name: string) => join(folder.path(), name);

it('a file is written as a whole', async () => {
  await writeOutput(file('new'), 'first');
  await writeOutput(file('new'), 'second');
  expect(await readFile(file('new'), 'utf8')).toBe('second');
  expect((await readdir(folder.path())).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

it('a link stays a link to what is written', async () => {
  await writeFile(file('target'), 'old');
  await symlink('target', file('link'));
  await writeOutput(file('link'), 'new');
  expect((await lstat(file('link'))).isSymbolicLink()).toBe(true);
  expect(await readFile(file('target'), 'utf8')).toBe('new');
});

it('a pipe is written to, not replaced', async () => {
  await execa('mkfifo', [file('pipe')]);
  const [, text] = await Promise.all([writeOutput(file('pipe'), 'through'), readFile(file('pipe'), 'utf8')]);
  expect(text).toBe('through');
  expect((await lstat(file('pipe'))).isFIFO()).toBe(true);
});

it('a folder is none of these', async () => {
  await expect(writeOutput(folder.path(), 'text')).rejects.toMatchObject({ code: 'CANNOT_WRITE' });
});
