/**
 * The gate: all that a change must pass, cheapest first. `--no-vm` leaves out what boots a guest.
 *
 * A step that fails does not stop the later ones, unless they need its result. The last line of the output is
 * `N passed, N failed`: the steps, and the tests that ran in them.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { $, argv } from 'zx';
import { compareRuns, type Run } from './compare-runs.ts';
import { noCounts, vitestCounts, type Counts } from './vitest-counts.ts';

interface Outcome {
  readonly ok: boolean;
  /** What ran inside the step. */
  readonly tests?: Counts;
}

process.chdir(join(import.meta.dirname, '..'));
const out = 'out/ci'; // stays after the run, to look at when something failed
const done: { name: string; ok: boolean; seconds: number; tests: Counts }[] = [];
const run = $({ nothrow: true, stdio: ['ignore', 'inherit', 'inherit'] });

async function step(name: string, work: () => Promise<Outcome>): Promise<boolean> {
  console.log(`\n=== ${name}`);
  const startedMs = performance.now();
  const { ok, tests = noCounts } = await work().catch((error: unknown) => {
    console.error(error);
    return { ok: false, tests: noCounts };
  });
  done.push({ name, ok, seconds: (performance.now() - startedMs) / 1000, tests });
  return ok;
}

async function vitest(script: 'test' | 'test:vm'): Promise<Outcome> {
  const report = join(out, `${script.replace(':', '-')}.json`);
  const { ok } =
    await run`npm run ${script} -- --reporter=default --reporter=json --outputFile.json=${report}`;
  return { ok, tests: await vitestCounts(report) };
}

const runFiles = (n: number): Run => ({
  jsonFile: join(out, `run-${n}.json`),
  outFolder: join(out, `run-${n}`),
});

/** `--silent`: npm's own lines must not come before the JSON. */
async function smokeTest({ jsonFile, outFolder }: Run): Promise<Outcome> {
  return run`npm run --silent vm:e2e -- --workload nginx --systems full,crfs --json --out ${outFolder} > ${jsonFile}`;
}

async function determinism(first: Run, second: Run): Promise<Outcome> {
  const differences = await compareRuns(first, second);
  for (const difference of differences) console.error(difference);
  return { ok: differences.length === 0 };
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

await step('lint', () => run`npm run lint`);
await step('typecheck', () => run`npm run typecheck`);
await step('unit and integration tests', () => vitest('test'));
if (argv['vm'] !== false) {
  const [first, second] = [runFiles(1), runFiles(2)];
  const bothRan =
    (await step('VM smoke test', () => smokeTest(first))) &&
    (await step('VM smoke test again', () => smokeTest(second)));
  // Without two runs there is nothing to compare; the run that failed has been counted.
  if (bothRan) await step('both VM runs are the same, byte for byte', () => determinism(first, second));
  // The same environment must give the same bytes; after an update of packages, the same counts within bounds.
  await step('golden traces', () => run`npm run golden:check -- --workload nginx --parts traces`);
  await step('VM tests', () => vitest('test:vm'));
}

console.log('\n=== summary');
for (const { name, ok, seconds, tests } of done) {
  const counts = `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`;
  const inside = tests === noCounts ? '' : ` (tests: ${counts})`;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(7)} s  ${name}${inside}`);
}
const count = (ok: boolean) => done.filter((each) => each.ok === ok).length;
const passed = count(true) + done.reduce((sum, { tests }) => sum + tests.passed, 0);
const failed = count(false) + done.reduce((sum, { tests }) => sum + tests.failed, 0);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);
