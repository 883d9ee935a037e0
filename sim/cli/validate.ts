import Table from 'cli-table3';
import { Command } from 'commander';
import { bounds, metrics, summarize, type Cell, type MetricSummary } from '../validate/bounds.ts';
import { findRecordings } from '../validate/recordings.ts';
import { checkTimes } from '../validate/times.ts';
import { goldenFolder } from './options.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly golden: string;
  readonly guest?: string;
  readonly workload?: string;
  readonly json?: boolean;
}

/** `sim validate`: how far predictions are from what the VM measured. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('predict every start that was measured in the VM, and hold the figures side by side')
    .option('--golden <dir>', 'recordings: DIR/<guest>/<workload>', goldenFolder)
    .option('--guest <id>', 'only this guest')
    .option('--workload <name>', 'only this workload')
    .option('--json', 'print JSON (trio.validate/1)')
    .addHelpText(
      'after',
      '\nExits with 1 past the bounds.\n\nExample:\n  npm run sim -- validate --guest debian-13 --workload nginx',
    )
    .action(async ({ golden, guest, workload, json }: Options) => {
      const cells: Cell[] = [];
      for (const recording of withProgress(await findRecordings(golden, { guest, workload }), 'recordings'))
        cells.push(...(await checkTimes(golden, recording)));
      const summary = summarize(cells);
      const ok = cells.length > 0 && summary.every((metric) => metric.ok);
      process.stdout.write(
        json
          ? `${JSON.stringify({ schema: 'trio.validate/1', bounds, cells, summary, ok }, null, 1)}\n`
          : toText(cells, summary),
      );
      if (!ok) process.exitCode = 1;
    });
}

const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
const signed = (ratio: number) => `${ratio < 0 ? '−' : '+'}${percent(Math.abs(ratio))}`;

function toText(cells: readonly Cell[], summary: readonly MetricSummary[]): string {
  const head = ['guest', 'workload', 'net', 'system', ...metrics];
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i < 4 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (let i = 0; i < cells.length; i += metrics.length) {
    const { guest, workload, net, system } = cells[i]!;
    table.push([guest, workload, net, system, ...metrics.map((_, j) => signed(cells[i + j]!.error))]);
  }
  const lines = summary.map(({ metric, cells: count, mean, worst, bound, ok }) => {
    const limits = [
      ...(bound.mean === undefined ? [] : [`mean at most ${percent(bound.mean)}`]),
      ...(bound.worst === undefined ? [] : [`worst at most ${percent(bound.worst)}`]),
    ];
    return `${metric}: mean ${percent(mean)}, worst ${percent(worst)} of ${count}; ${limits.join(', ')}: ${ok ? 'ok' : 'NOT MET'}\n`;
  });
  return `predicted over measured, less one\n${table.toString()}\n${lines.join('')}`;
}
