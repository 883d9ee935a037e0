import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { MergedView } from '../../trio/image/merged-view.ts';
import { packData } from '../../trio/image/pack.ts';
import { planData } from '../../trio/image/plan.ts';
import { Recording } from '../../trio/image/recording.ts';
import { openDirectory } from '../../trio/image/rootfs-directory.ts';

const timeoutMs = 600_000;
const accesses = 1_000_000;
const tracedFiles = 20_000;

const runSchema = z.object({
  accesses: z.number(),
  files: z.number(),
  pages: z.number(),
  tookMs: z.number(),
  cpuMs: z.number(),
  rssMbMax: z.number(),
});
type Run = z.output<typeof runSchema>;

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'image-bench-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

test(
  `a trace of ${accesses} lines over ${tracedFiles} files is read and planned`,
  { timeout: timeoutMs },
  async () => {
    const random = seedrandom('plan');
    const lines = Array.from({ length: accesses }, () => {
      const file = Math.floor(random() * tracedFiles);
      return `/d${file % 100}/f${file},${file + 1},${Math.floor(random() * 100) * 4096},${4096 * (1 + Math.floor(random() * 8))}\n`;
    });
    const trace = join(work, 'trace.txt');
    await writeFile(trace, lines.join(''));
    const script = join(import.meta.dirname, 'plan-million.ts');
    const runs: Run[] = [];
    for (let i = 0; i < 5; i++) {
      const { stdout } = await execa(process.execPath, [script, trace, String(tracedFiles)]);
      runs.push(runSchema.parse(JSON.parse(stdout)));
    }
    // By CPU time, and the best: the rest belongs to whatever else the machine did.
    const [best] = runs.sort((one, other) => one.cpuMs - other.cpuMs);
    process.stderr.write(`plan: ${JSON.stringify(best)}\n`);
    expect(best).toMatchObject({ accesses, files: tracedFiles });
    expect(best?.cpuMs).toBeLessThan(2000);
    expect(Math.max(...runs.map(({ rssMbMax }) => rssMbMax))).toBeLessThan(300);
  },
);

/** Files as a start reads them: most are small, most bytes are in few. */
async function makeFiles(root: string): Promise<string[]> {
  const random = seedrandom('pack');
  const paths: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const folder = `d${i % 50}`;
    if (i < 50) await mkdir(join(root, folder), { recursive: true });
    const bytes = Math.ceil(2000 * Math.exp(7.5 * random() ** 2));
    await writeFile(join(root, folder, `f${i}`), Buffer.alloc(bytes, i % 256));
    paths.push(`/${folder}/f${i}`);
  }
  return paths;
}

/** Few files of many bytes: what a start hardly has, and where only bytes cost time. */
async function makeLargeFiles(root: string): Promise<string[]> {
  await mkdir(root, { recursive: true });
  const names = ['a', 'b', 'c', 'd'];
  for (const [i, name] of names.entries()) await writeFile(join(root, name), Buffer.alloc(100e6, i + 1));
  return names.map((name) => `/${name}`);
}

/** A function that packs all of the files, once a call; and how much that is. */
async function packerOf(root: string, paths: readonly string[], target: string) {
  const rootfs = await openDirectory(root);
  const recording = new Recording(new MergedView(rootfs));
  for (const path of paths) recording.access(recording.file(path), 1, 0, 1 << 30);
  const plan = planData(recording.files(), 'first-access');
  const pack = async () => {
    const file = await open(target, 'wx+');
    await packData(rootfs, plan, file);
    await file.close();
  };
  return { pack, mb: (plan.pages * 4096) / 1e6 };
}

const runs = { iterations: 10, time: 0, warmupIterations: 2, warmupTime: 0 };

test('packing is nearly as fast as cp', { timeout: timeoutMs }, async ({ bench }) => {
  const root = join(work, 'root');
  const paths = await makeFiles(root);
  const target = join(work, 'target');
  const { pack, mb } = await packerOf(root, paths, target);
  const afterEach = () => rm(target, { recursive: true, force: true });
  const results = await bench.compare(
    bench('cp', { afterEach }, async () => {
      await execa('cp', ['-r', '--reflink=never', root, target]);
    }),
    bench('pack', { afterEach }, pack),
    runs,
  );
  const [cpMs, packMs] = [results.get('cp').latency.p50, results.get('pack').latency.p50];
  process.stderr.write(
    `pack: ${mb.toFixed(0)} MB of ${paths.length} files, median cp ${cpMs.toFixed(0)} ms, pack ${packMs.toFixed(0)} ms, ratio ${(cpMs / packMs).toFixed(2)}\n`,
  );
  expect(cpMs / packMs).toBeGreaterThan(0.8);
});

// cp alone is out of reach here: a core takes about twice as long for the SHA-256 of what is in memory as for a copy.
test('packing large files is nearly as fast as cp and SHA-256', { timeout: timeoutMs }, async ({ bench }) => {
  const root = join(work, 'large');
  const paths = await makeLargeFiles(root);
  const target = join(work, 'target');
  const { pack, mb } = await packerOf(root, paths, target);
  const afterEach = () => rm(target, { recursive: true, force: true });
  const copy = () => execa('cp', ['-r', '--reflink=never', root, target]);
  const results = await bench.compare(
    bench('cp', { afterEach }, async () => {
      await copy();
    }),
    bench('cp and SHA-256', { afterEach }, async () => {
      await copy();
      hashFiles(paths.map((path) => join(target, path)));
    }),
    bench('pack', { afterEach }, pack),
    runs,
  );
  // The best runs: the rest belongs to whatever else the machine did.
  const [cpMs, hashedMs, packMs] = [
    results.get('cp').latency.min,
    results.get('cp and SHA-256').latency.min,
    results.get('pack').latency.min,
  ];
  process.stderr.write(
    `pack: ${mb.toFixed(0)} MB of ${paths.length} files, best cp ${cpMs.toFixed(0)} ms, with SHA-256 ${hashedMs.toFixed(0)} ms, ` +
      `pack ${packMs.toFixed(0)} ms, ratio ${(cpMs / packMs).toFixed(2)} of cp, ${(hashedMs / packMs).toFixed(2)} of cp and SHA-256\n`,
  );
  // CRC32C comes on top.
  expect(hashedMs / packMs).toBeGreaterThan(0.7);
});

function hashFiles(paths: readonly string[]): Buffer {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  for (const path of paths) {
    const fd = openSync(path, 'r');
    for (let gotBytes; (gotBytes = readSync(fd, piece)) > 0;) hash.update(piece.subarray(0, gotBytes));
    closeSync(fd);
  }
  return hash.digest();
}
