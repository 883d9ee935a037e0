import { Command } from 'commander';
import Table from 'cli-table3';
import { join } from 'node:path';
import { pageRanges } from '../validate/page-ranges.ts';
import { checkPages, type PagesCheck } from '../validate/pages.ts';
import { findRecordings, type Recording } from '../validate/recordings.ts';

interface Options {
  readonly golden: string;
  readonly guest?: string;
  readonly workload?: string;
  readonly json?: boolean;
}

type Checked = Recording & PagesCheck;

/** `sim pages`: is the model of the page cache exact on what was recorded? */
export function pagesCommand(): Command {
  return new Command('pages')
    .description(
      'hold the model of the page cache against recordings, page by page: replays the start "touch", and predicts ' +
        'from it what the starts with other settings, and the one on FUSE, put in the page cache',
    )
    .option('--golden <dir>', 'recordings: DIR/<guest>/<workload>', join(import.meta.dirname, '../../golden'))
    .option('--guest <id>', 'only this guest')
    .option('--workload <name>', 'only this workload')
    .option('--json', 'print JSON (trio.pages/1), with every file')
    .addHelpText('after', '\nExits with 1 unless every page is predicted, in the order in which it came.')
    .action(async ({ golden, guest, workload, json }: Options) => {
      const checked: Checked[] = [];
      for (const recording of await findRecordings(golden, { guest, workload }))
        for (const check of await checkPages(recording.folder)) checked.push({ ...recording, ...check });
      const ok = checked.every(({ exact }) => exact);
      process.stdout.write(json ? `${toJson(checked, ok)}\n` : toText(checked));
      if (!ok) process.exitCode = 1;
    });
}

function toJson(checked: readonly Checked[], ok: boolean): string {
  const starts = checked.map(({ comparison, folder: _folder, ...rest }) => ({ ...rest, ...comparison }));
  return JSON.stringify({ schema: 'trio.pages/1', starts, ok }, null, 2);
}

function toText(checked: readonly Checked[]): string {
  const head = [
    'guest',
    'workload',
    'start',
    'recorded',
    'predicted',
    'common',
    'foreign',
    'in order',
    'exact',
  ];
  const colAligns = head.map((_, i) => (i > 2 && i < 8 ? 'right' : 'left'));
  const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  for (const { guest, workload, start, comparison, foreignPages, exact } of checked) {
    const { recordedPages, predictedPages, commonPages, filesInSameOrder, files } = comparison;
    const counts = [recordedPages, predictedPages, commonPages, foreignPages];
    const order = `${filesInSameOrder}/${files.length}`;
    table.push([guest, workload, start, ...counts.map(String), order, exact ? 'yes' : 'NO']);
  }
  const legend =
    "pages of the image's files; foreign: of the predicted ones, put in the cache by tasks outside the container;\n" +
    'in order: files whose pages came in the predicted order, of all\n';
  return `${table.toString()}\n${legend}${checked.flatMap(differences).join('')}`;
}

function differences({ guest, workload, start, comparison, statesThatDiffer }: Checked): string[] {
  const where = `${guest}/${workload} ${start}`;
  const lines = comparison.files
    .filter(({ sameOrder }) => !sameOrder)
    .map(({ path, dev, ino, missed, extra, outOfOrder }) => {
      const what = Object.entries({ missed, extra, 'out of order': outOfOrder })
        .filter(([, pages]) => pages.length > 0)
        .map(([name, pages]) => `${name} ${pageRanges(pages)}`);
      return `${where}: ${path ?? `inode ${dev}:${ino}`}: ${what.join('; ') || 'other folios'}\n`;
    });
  if (statesThatDiffer > 0)
    lines.push(`${where}: ${statesThatDiffer} accesses with another readahead state\n`);
  return lines;
}
