import { execa } from 'execa';
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

test('packing is nearly as fast as cp', { timeout: timeoutMs }, async ({ bench }) => {
  const root = join(work, 'root');
  const paths = await makeFiles(root);
  const rootfs = await openDirectory(root);
  const recording = new Recording(new MergedView(rootfs));
  for (const path of paths) recording.access(path, 1, 0, 1 << 30);
  const plan = planData(recording.files(), 'first-access');
  const target = join(work, 'target');
  const afterEach = () => rm(target, { recursive: true, force: true });
  const results = await bench.compare(
    bench('cp', { afterEach }, async () => {
      await execa('cp', ['-r', '--reflink=never', root, target]);
    }),
    bench('pack', { afterEach }, async () => {
      const file = await open(target, 'wx+');
      await packData(rootfs, plan, file);
      await file.close();
    }),
    { iterations: 10, time: 0, warmupIterations: 2, warmupTime: 0 },
  );
  const [cpMs, packMs] = [results.get('cp').latency.p50, results.get('pack').latency.p50];
  const mb = (plan.pages * 4096) / 1e6;
  process.stderr.write(
    `pack: ${mb.toFixed(0)} MB of ${paths.length} files, median cp ${cpMs.toFixed(0)} ms, pack ${packMs.toFixed(0)} ms, ratio ${(cpMs / packMs).toFixed(2)}\n`,
  );
  expect(cpMs / packMs).toBeGreaterThan(0.8);
});
