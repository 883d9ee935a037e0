import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TrioError, usageError } from '../../trio/errors.ts';
import { exists } from '../cache/cache.ts';
import { takeLock } from '../cache/lock.ts';
import { comparePart, recordedSamples, type Comparison } from '../record/compare.ts';
import { goldenTables } from '../record/table.ts';
import { mainFile, parts, recordPart, usualParts, type Part, type RecordPlan } from '../record/parts.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { terminalProgress, type Progress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { command, guestNamed, main, namesOf, wholeNumber } from './command.ts';
import { imagesOf, withImageOptions, type ImageOptions } from './images.ts';

interface Options extends ImageOptions {
  readonly guest: string;
  readonly parts?: string;
  readonly samples?: string;
  readonly golden: string;
  readonly json?: boolean;
}

const goldenFolder = join(import.meta.dirname, '../../golden');

const program = command(
  'golden',
  'The recorded truth: traces, runtime images and figures of the workloads on each guest.',
  'npm run golden:check -- --guest debian-13 --workload nginx --parts traces,lan10g',
);

for (const [name, description, run] of [
  ['record', 'Records golden files, and replaces those that are there.', record],
  ['check', 'Records again, elsewhere, and compares with the golden files.', check],
] as const) {
  const each = withImageOptions(
    program
      .command(name)
      .description(description)
      .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id),
  ).option(
    '--parts <names>',
    `comma-separated, of ${parts.join(', ')} (default: all but memory; check: all that are there)`,
  );
  // A check takes as many as there are.
  if (name === 'record')
    each.option('--samples <n>', 'beside each exact start, n perturbed ones (default: 3 on lan10g)');
  each
    .option('--golden <dir>', 'the folder of golden files', goldenFolder)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  npm run golden:${name} -- --guest debian-12 --workload redis\n` +
        `  npm run golden:${name} -- --image oci:./image:latest --ready http:8080/ --golden ./own`,
    )
    .action(run);
}

program
  .command('table')
  .description('Prints what is recorded of a guest as Markdown tables: figures, needed and fetched bytes.')
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--golden <dir>', 'the folder of golden files', goldenFolder)
  .addHelpText('after', '\nExample:\n  npm run golden:table -- --guest debian-12')
  .action(async ({ guest, golden }: Pick<Options, 'guest' | 'golden'>) => {
    const folder = join(resolve(golden), guestNamed(guest).id);
    if (!(await exists(folder))) throw new TrioError('GOLDEN_MISSING', `there is no ${folder}`);
    process.stdout.write(`${await goldenTables(folder)}\n`);
  });

async function record(options: Options): Promise<void> {
  const samples =
    options.samples === undefined ? undefined : wholeNumber('--samples', options.samples, 1, 1000);
  const golden = await stat(options.golden).catch(() => undefined); // made if it is not there
  if (golden && !golden.isDirectory()) throw usageError('NO_FOLDER', `${options.golden} is no folder`);
  await eachWorkload(options, async (plan, folder, progress) => {
    for (const part of partsNamed(options.parts) ?? usualParts)
      await recordPart(plan, part, folder, progress, samples);
    progress.say(`recorded: ${folder}`);
  });
}

async function check(options: Options): Promise<void> {
  if (!(await stat(options.golden).catch(() => undefined))?.isDirectory())
    throw usageError('NO_FOLDER', `${options.golden} is no folder`);
  const outcomes: (Comparison & { readonly workload: string })[] = [];
  await eachWorkload(options, async (plan, folder, progress) => {
    const chosen = partsNamed(options.parts) ?? (await partsIn(folder));
    if (chosen.length === 0) throw new TrioError('GOLDEN_MISSING', `there is nothing recorded in ${folder}`);
    const fresh = await mkdtemp(join(tmpdir(), 'trio-check-'));
    const remove = () => rm(fresh, { recursive: true, force: true });
    const forget = onInterrupt(remove);
    try {
      for (const part of chosen) {
        const samples = await recordedSamples(part, folder);
        const files = await recordPart(plan, part, fresh, progress, samples);
        const outcome = await comparePart(part, folder, fresh, files);
        outcomes.push({ workload: plan.image.name, ...outcome });
        if (!options.json) process.stdout.write(describe(`${options.guest}/${plan.image.name}`, outcome));
      }
    } finally {
      forget();
      await remove();
    }
  });
  if (options.json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  const bad = outcomes.filter(({ verdict }) => verdict === 'different' || verdict === 'out of bounds');
  if (bad.length > 0)
    throw new TrioError('GOLDEN_DIFFERS', `${bad.length} of ${outcomes.length} parts are not as recorded`);
}

/** More values than these are in the output of `--json`. */
const shownValues = 12;

function describe(title: string, outcome: Comparison): string {
  const { part, verdict, files, values, changes, deviations } = outcome;
  const lines = [
    `${title} ${part}: ${verdict}`,
    ...files.map((name) => `  differs: ${name}`),
    ...values.slice(0, shownValues).map((value) => `    ${value}`),
    ...(values.length > shownValues ? [`    and ${values.length - shownValues} more`] : []),
    ...changes.map((change) => `  changed: ${change}`),
    ...deviations.map(({ what, recorded, found }) => `  ${what}: recorded ${recorded}, now ${found}`),
  ];
  return `${lines.join('\n')}\n`;
}

async function eachWorkload(
  options: Options,
  work: (plan: RecordPlan, folder: string, progress: Progress) => Promise<void>,
): Promise<void> {
  const guest = guestNamed(options.guest);
  partsNamed(options.parts);
  const golden = resolve(options.golden);
  if (options.image !== undefined && golden === goldenFolder)
    throw usageError('NO_GOLDEN', '--image needs --golden DIR: golden/ is of the workloads');
  const builds = await imagesOf(options);
  const progress = terminalProgress();
  const release = await takeLock(join(tmpdir(), `trio-golden-${process.getuid?.()}.lock`), () =>
    progress.say('waiting: another run records or checks golden files'),
  );
  try {
    const qemu = await findQemu(progress);
    const disk = await guestDisk(guest, progress);
    for (const build of builds) {
      const image = await build(progress);
      await work({ guest, disk, qemu, image }, join(golden, guest.id, image.name), progress);
    }
  } finally {
    await release();
  }
}

function partsNamed(list: string | undefined): Part[] | undefined {
  if (list === undefined) return undefined;
  return namesOf(list, 'part').map((name) => {
    const part = parts.find((candidate) => candidate === name);
    if (!part) throw usageError('UNKNOWN_PART', `unknown part "${name}". Known: ${parts.join(', ')}`);
    return part;
  });
}

/** The parts that were recorded. */
async function partsIn(folder: string): Promise<Part[]> {
  const there: Part[] = [];
  for (const part of parts) if (await exists(join(folder, mainFile(part)))) there.push(part);
  return there;
}

await main(program);
