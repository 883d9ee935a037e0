import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { TextTraceReader } from '../../trio/trace/text-trace.ts';
import { StreamWriter } from '../support/trace-writer.ts';

/*
 * What reading a trace costs beside reading its bytes at all, as a ratio in one run: vitest prints it, and a reader
 * that became several times slower fails.
 */
const files = 20_000;
const lines = 1_000_000;
const records = 250_000;
const options = { iterations: 5, time: 0, warmupIterations: 1 };

let folder: string;
let text: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-bench-'));
  text = join(folder, 'trace.txt');
  await writeText(text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test(`a text trace of ${lines} lines over ${files} files`, async ({ bench }) => {
  const result = await bench.compare(
    bench('split into lines', async () => {
      let found = 0;
      for await (const chunk of createReadStream(text, { encoding: 'utf8', highWaterMark: 1 << 18 }))
        found += (chunk as string).split('\n').length - 1;
      check(found, lines);
    }),
    bench('text trace', async () => {
      let accesses = 0;
      const reader = new TextTraceReader(text, { file: () => {}, access: () => accesses++ });
      for await (const chunk of createReadStream(text, { highWaterMark: 1 << 18 }))
        reader.push(chunk as Buffer);
      reader.end();
      check(accesses, lines);
    }),
    options,
  );
  expect(result.get('text trace').latency.p50 / result.get('split into lines').latency.p50).toBeLessThan(10);
});

test(`a rich trace of ${records} records, in memory`, async ({ bench }) => {
  const rich = richStream();
  const result = await bench.compare(
    bench('look at each 8 bytes', () => {
      const view = new DataView(rich.buffer, rich.byteOffset, rich.byteLength);
      let sum = 0;
      for (let at = 0; at < rich.length; at += 8) sum += view.getUint32(at, true);
      check(Math.sign(sum), 1);
    }),
    bench('all records', async () => {
      let found = 0;
      await decodeRecords([{ name: 'rich', chunks: [rich] }], { each: () => found++ });
      check(found, records);
    }),
    bench('accesses with their fields', async () => {
      let sum = 0;
      await decodeRecords([{ name: 'rich', chunks: [rich] }], {
        fault: ({ ino, index, flags, inodeBytes }) => (sum += ino + index + flags + inodeBytes),
        insert: ({ ino, index, order }) => (sum += ino + index + order),
      });
      check(Math.sign(sum), 1);
    }),
    options,
  );
  const plain = result.get('look at each 8 bytes').latency.p50;
  expect(result.get('accesses with their fields').latency.p50 / plain).toBeLessThan(30);
});

/** A wrong answer must not count as a fast one. */
function check(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${actual} instead of ${expected}`);
}

async function writeText(path: string): Promise<void> {
  const handle = await open(path, 'w');
  for (let done = 0; done < lines; done += 10_000) {
    let part = '';
    for (let i = done; i < done + 10_000; i++) {
      const file = (i * 7919) % files; // no two lines in a row are of one file
      part += `/usr/lib/python3.13/site-packages/package_${file % 200}/module_${file}.py,${file},${(i % 500) * 4096},8192\n`;
    }
    await handle.write(part);
  }
  await handle.close();
}

function richStream(): Uint8Array {
  const writer = new StreamWriter();
  for (let i = 0; i < records; i++) {
    const ino = 1 + (i % 999);
    if (i % 2) writer.add('FAULT', { file: 4096 * ino, ino, inode_bytes: 1 << 20, index: i % 256 });
    else writer.add('INSERT', { ino, index: i % 256 });
  }
  return writer.bytes();
}
