import { execa } from 'execa';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { NaiveKernel, type NaiveSettings, type Step } from '../../support/naive-kernel.ts';
import { traceFolder } from '../../support/trace-folder.ts';
import { StreamWriter } from '../../support/trace-writer.ts';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const sim = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false });
const file = traceFolder();

const steps: Step[] = [
  { do: 'open', file: 0 },
  ...[0, 4096, 8192].map((pos): Step => ({ do: 'read', open: 0, pos, count: 4096 })),
  { do: 'touch', mm: 0, open: 0, page: 300, write: false, vmaLock: false },
];
const plain: NaiveSettings = {
  version: '6.12',
  raPages: 32,
  ioPages: 320,
  large: false,
  faultAroundPages: 1,
};

/** The trace of the steps under other settings of the kernel. */
function traced(settings: Partial<NaiveSettings>): Uint8Array {
  const kernel = new NaiveKernel({ ...plain, ...settings }, [4096 * 700]);
  kernel.run(steps);
  return kernel.writer.bytes();
}

async function recording(workload: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) await file(`${workload}/${name}`, bytes);
}

beforeAll(async () => {
  const touch = { 'touch.trace.zst': traced({}) };
  const around = traced({ faultAroundPages: 16 });
  await recording('good/guest/one', {
    ...touch,
    'default.pages.zst': around,
    'readahead-16k.pages.zst': traced({ raPages: 4 }),
    'demand.pages.zst': traced({ raPages: 0 }),
    'fuse.pages.zst': traced({ ioPages: 32 }),
  });
  await recording('mixed/guest/one', { ...touch, 'default.pages.zst': around });
  await recording('mixed/guest/two', { ...touch, 'default.pages.zst': traced({ raPages: 4 }) });
  await recording('strange/guest/one', { ...touch, 'nightly.pages.zst': around });
  const release = { kernel_release: '6.6.0-98.0.0' };
  await recording('kernel/guest/one', { 'touch.trace.zst': new StreamWriter(release).bytes() });
});

describe('sim pages', () => {
  test('exits with 0 if every page is predicted', async () => {
    const golden = join(file.path(), 'good');
    const { stdout, exitCode } = await sim('pages', '--golden', golden, '--json');
    const json = JSON.parse(stdout) as { starts: { start: string; recordedPages: number }[] };
    expect(json).toMatchObject({ schema: 'trio.pages/1', ok: true });
    expect(json.starts.map(({ start }) => start)).toEqual([
      'touch',
      'default',
      'demand',
      'fuse',
      'readahead-16k',
    ]);
    // Without readahead, the pages that were asked for: three and one.
    expect(json.starts.find(({ start }) => start === 'demand')?.recordedPages).toBe(4);
    expect(exitCode).toBe(0);
  });

  test('exits with 1 and says which pages differ, of what is asked for', async () => {
    const golden = join(file.path(), 'mixed');
    const all = await sim('pages', '--golden', golden);
    expect(all.exitCode).toBe(1);
    // Read-around is centred on page 300, with 32 pages and with 4.
    expect(all.stdout).toMatch(/^guest\/two default: \/file-0: extra 10-11 284-297 302-315$/m);
    expect(all.stdout).not.toMatch(/^guest\/one/m);
    const one = await sim('pages', '--golden', golden, '--workload', 'one');
    expect(one).toMatchObject({ exitCode: 0 });
    expect(one.stdout).not.toContain('two');
  });

  test.each<[number, string, string, ...string[]]>([
    [2, 'no recorded workload "three". Known: one, two', 'mixed', '--workload', 'three'],
    [2, 'no recorded guest "other". Known: guest', 'mixed', '--guest', 'other'],
    [2, "unknown option '--fast'", 'mixed', '--fast'],
    [2, 'is no folder that can be read', 'nothing-here'],
    [2, 'has no <guest>/<workload>/touch.trace.zst', 'good/guest/one'],
    [1, 'unknown start "nightly". Known: default, demand, fuse', 'strange'],
    [1, 'there is no model of the page cache of Linux 6.6.0-98.0.0', 'kernel'],
  ])('exits with %i: %s', async (exitCode, message, golden, ...args) => {
    const run = await sim('pages', '--golden', join(file.path(), golden), ...args);
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toMatch(/^ +at /m);
  });
});
