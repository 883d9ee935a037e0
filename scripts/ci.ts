/**
 * The gate: all that a change must pass, cheapest first. `--no-vm` leaves out what boots a guest. Guests are built beside
 * the tests that do not need them: to install packages is mostly to wait.
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
  /** All that it printed. */
  readonly output?: string;
  /** What ran inside the step. */
  readonly tests?: Counts;
}

process.chdir(join(import.meta.dirname, '..'));
const out = 'out/ci'; // stays after the run, to look at when something failed
/** Lines of a failed step's output that are shown again at the end, where a cut-off log still has them. */
const linesAtTheEnd = 15;
const done: (Outcome & { name: string; seconds: number; tests: Counts })[] = [];

/** Runs a command whose output is seen at once and kept. */
async function run(pieces: TemplateStringsArray, ...values: unknown[]): Promise<Outcome> {
  const child = $({ nothrow: true, quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })(pieces, ...values);
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const { ok, stdall } = await child;
  return { ok, output: stdall };
}

async function step(name: string, work: () => Promise<Outcome>): Promise<boolean> {
  console.log(`\n=== ${name}`);
  const startedMs = performance.now();
  const outcome = await work().catch((error: unknown): Outcome => {
    console.error(error);
    return { ok: false, output: String(error) };
  });
  done.push({ tests: noCounts, ...outcome, name, seconds: (performance.now() - startedMs) / 1000 });
  return outcome.ok;
}

async function vitest(script: 'test' | 'test:vm'): Promise<Outcome> {
  const report = join(out, `${script.replace(':', '-')}.json`);
  const outcome =
    await run`npm run ${script} -- --reporter=default --reporter=json --outputFile.json=${report}`;
  return { ...outcome, tests: await vitestCounts(report) };
}

/** Its output is shown when it is done: that of another step is on the screen meanwhile. */
async function vmBuild(...args: string[]): Promise<Outcome> {
  const { ok, stdall } = await $({ nothrow: true, quiet: true })`npm run vm:build -- ${args}`;
  console.log(`\n=== vm:build ${args.join(' ')}\n${stdall.trimEnd()}`);
  return { ok, output: stdall };
}

const runFiles = (n: number): Run => ({
  jsonFile: join(out, `run-${n}.json`),
  outFolder: join(out, `run-${n}`),
});

/** `--silent`: npm's own lines must not come before the JSON. */
async function smokeTest(
  { jsonFile, outFolder }: Run,
  environment: readonly string[] = [],
): Promise<Outcome> {
  return run`env ${environment} npm run --silent vm:e2e -- --workload nginx --systems crfs --json --out ${outFolder} > ${jsonFile}`;
}

async function determinism(first: Run, second: Run): Promise<Outcome> {
  const differences = await compareRuns(first, second);
  for (const difference of differences) console.error(difference);
  return { ok: differences.length === 0, output: differences.join('\n') };
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const withVm = argv['vm'] !== false;
const debian13 = withVm && step('debian-13', () => vmBuild('--guest', 'debian-13', '--workload', 'nginx'));
const debian12 = (async () => (await debian13) && step('debian-12', () => vmBuild('--guest', 'debian-12')))();
await step('lint', () => run`npm run lint`);
await step('typecheck', () => run`npm run typecheck`);
await step('unit and integration tests', () => vitest('test'));
if (await debian13) {
  const [first, second] = [runFiles(1), runFiles(2)];
  const bothRan =
    (await step('VM smoke test', () => smokeTest(first))) &&
    (await step('VM smoke test again, in a restless QEMU', () =>
      smokeTest(second, ['TRIO_RESTLESS_QEMU=1']),
    ));
  // Without two runs there is nothing to compare; the run that failed has been counted.
  if (bothRan) await step('both VM runs are the same, byte for byte', () => determinism(first, second));
  // The same environment must give the same bytes; after an update of packages, the same counts within bounds.
  await step('golden traces', () => run`npm run golden:check -- --workload nginx --parts traces`);
  if (await debian12) await step('VM tests', () => vitest('test:vm'));
}

for (const { name, ok, output = '' } of done)
  if (!ok)
    console.log(
      [`\n=== the end of: ${name}`, ...output.trimEnd().split('\n').slice(-linesAtTheEnd)].join('\n'),
    );

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
