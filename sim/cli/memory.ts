import { Command } from 'commander';
import Table from 'cli-table3';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { pageBytes } from '../pagecache/page.ts';
import { checkMemory, refaultBound, type MemoryCheck } from '../validate/memory.ts';
import { findRecordings, type Recording } from '../validate/recordings.ts';
import { goldenFolder } from './options.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly golden: string;
  readonly guest?: string;
  readonly workload?: string;
  readonly json?: boolean;
}

type Checked = Pick<Recording, 'guest' | 'workload'> & MemoryCheck;

/** `sim memory`: is the model of reclaim right on what was recorded? */
export function memoryCommand(): Command {
  return new Command('memory')
    .description(
      'hold the model of reclaim against recorded starts that had room for half of their page cache: what went, and what ' +
        'came in again',
    )
    .option('--golden <dir>', 'recordings: DIR/<guest>/<workload>', goldenFolder)
    .option('--guest <id>', 'only this guest')
    .option('--workload <name>', 'only this workload')
    .option('--json', 'print JSON (trio.memory/1)')
    .addHelpText(
      'after',
      `\nExits with 1 if what came in again is off by more than ${refaultBound * 100} %: in the start with half, or on the mean of ` +
        'that and those with a little less and a little more.\n\nExample:\n  npm run sim -- memory --guest debian-12',
    )
    .action(async ({ golden, guest, workload, json }: Options) => {
      const checked: Checked[] = [];
      for (const recording of withProgress(await findRecordings(golden, { guest, workload }), 'recordings'))
        if (await isRecorded(recording.folder))
          checked.push({
            guest: recording.guest,
            workload: recording.workload,
            ...(await checkMemory(recording.folder)),
          });
      if (checked.length === 0)
        throw new TrioError(
          'NO_MEMORY_RECORDING',
          `${golden} has no recording of a start with a memory limit`,
        );
      const ok = checked.every(({ error, mean }) =>
        [error, mean.error].every((each) => Math.abs(each) <= refaultBound),
      );
      const text = JSON.stringify(
        { schema: 'trio.memory/1', bound: refaultBound, starts: checked, ok },
        null,
        1,
      );
      process.stdout.write(json ? `${text}\n` : toText(checked));
      if (!ok) process.exitCode = 1;
    });
}

async function isRecorded(folder: string): Promise<boolean> {
  return stat(join(folder, 'memory.json')).then(
    () => true,
    () => false,
  );
}

function toText(checked: readonly Checked[]): string {
  const columns = ['gone', 'predicted', 'come again', 'predicted', 'error'];
  const head = ['guest', 'workload', 'limit', ...columns];
  const colAligns = head.map((_, i) => (i > 1 ? 'right' : 'left'));
  const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  for (const { guest, workload, limitPages, mean, ...half } of checked)
    table.push(
      [guest, workload, `${((limitPages * pageBytes) / 2 ** 20).toFixed(1)} MiB`, ...cells(half)],
      ['', '', `mean of ${mean.starts}`, ...cells(mean)],
      [
        { content: '', colSpan: 5 },
        range(mean.refaultPages.recorded),
        range(mean.refaultPages.predicted),
        '',
      ],
    );
  const legend =
    "pages of the image's files; mean: with a little less and a little more memory, too; predicted: the mean of what " +
    'several recorded starts without a limit tell';
  return `${table.toString()}\n${legend}\n`;
}

function range(pages: readonly number[]): string {
  return `${Math.min(...pages).toFixed(0)} to ${Math.max(...pages).toFixed(0)}`;
}

function cells({ recorded, predicted, error }: Pick<MemoryCheck, 'recorded' | 'predicted' | 'error'>) {
  return [
    ...[recorded.evictedPages, predicted.evictedPages, recorded.refaultPages, predicted.refaultPages].map(
      (pages) => pages.toFixed(0),
    ),
    `${(error * 100).toFixed(1)} %`,
  ];
}
