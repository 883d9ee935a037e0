import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { countReclaimed } from '../../../trio/trace/reclaimed-pages.ts';
import { StreamWriter } from '../../support/trace-writer.ts';

const dev = 1;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-reclaimed-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('counts what went, and what came again after it went', async () => {
  const path = join(dir, 'events0');
  const trace = new StreamWriter()
    .add('INSERT', { dev, ino: 7, index: 0 })
    .add('DELETE', { dev, ino: 7, index: 0 })
    .add('INSERT', { dev, ino: 7, index: 0 }) // again
    .add('DELETE', { dev, ino: 7, index: 0 })
    .add('INSERT', { dev, ino: 7, index: 1 }) // another page
    .add('INSERT', { dev, ino: 8, index: 4, order: 2 })
    .add('DELETE', { dev, ino: 8, index: 4, order: 2 })
    .add('INSERT', { dev, ino: 8, index: 4, order: 2 });
  await writeFile(path, trace.bytes());
  expect(await countReclaimed(path)).toEqual({ evictedPages: 6, refaultPages: 5 });
  expect(await countReclaimed(path, ({ ino }) => ino === 7)).toEqual({ evictedPages: 2, refaultPages: 1 });
});
