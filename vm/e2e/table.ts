import Table from 'cli-table3';
import type { Figures, Result } from './figures.ts';
import { differs } from './samples.ts';

const seconds = (ns: number) => (ns / 1e9).toFixed(3);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
const barCells = 24;

const columns = [
  'workload',
  'system',
  'Deploy s',
  'Running s',
  'Ready s',
  'Total s',
  '',
  'warm s',
  'rx MB',
  'rx packets',
  'requests',
  'needed MB',
  'fetched/needed',
  'disk MB',
  'cache MB',
  'daemons MB',
];
const leftColumns = new Set(['workload', 'system', '']);
const barLegend = 'bar: █ Deploy  ▓ Running  ░ Ready';

function rows(figures: Figures): string[][] {
  return figures.results.map((result) => {
    const sameWorkload = figures.results.filter((other) => other.workload === result.workload);
    return [
      result.workload,
      result.system,
      seconds(result.deployNs),
      seconds(result.runningNs),
      seconds(result.readyNs),
      seconds(result.totalNs),
      bar(result, Math.max(...sameWorkload.map(({ totalNs }) => totalNs))),
      seconds(result.warm.runningNs + result.warm.readyNs),
      megabytes(result.net.rxBytes),
      String(result.net.rxPackets),
      String(result.registry.requests),
      megabytes(result.neededBytes),
      `${result.amplification.toFixed(2)}×`,
      megabytes(result.disk.writeBytes),
      megabytes(result.memory.pageCacheBytes),
      megabytes(result.memory.daemonRssBytes),
    ];
  });
}

function heading({ environment }: Figures): string {
  const { guest, kernel, net, machine } = environment;
  return `${guest}, kernel ${kernel}, network ${net.profile} (${net.rateBps / 1e6} Mbit/s, RTT ${net.rttNs / 1e6} ms); virtual time, QEMU ${machine.qemu}`;
}

/** The table that a run prints for people; times in virtual seconds, bytes in MB (10⁶). */
export function renderTable(figures: Figures): string {
  const table = new Table({
    head: columns,
    colAligns: columns.map((name) => (leftColumns.has(name) ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows(figures));
  return [heading(figures), table.toString(), barLegend, ...sampleLines(figures)].join('\n');
}

/** The same table for a document. */
export function renderMarkdown(figures: Figures, options = { samples: true }): string {
  const table = markdownTable(columns, rows(figures), leftColumns);
  const samples = options.samples ? sampleLines(figures) : [];
  return [heading(figures), '', table, '', barLegend, ...samples].join('\n');
}

/** A table in Markdown; `left` names the columns that hold words. */
export function markdownTable(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  left: ReadonlySet<string>,
): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = head.map((name) => (left.has(name) ? '---' : '---:'));
  return [line(head), line(rule), ...cells.map(line)].join('\n');
}

/** Deploy, Running and Ready as parts of a bar; the slowest system of the workload fills it. */
function bar(result: Result, longestNs: number): string {
  const cells = (ns: number) => Math.round((ns / longestNs) * barCells);
  const deploy = cells(result.deployNs);
  const running = cells(result.deployNs + result.runningNs) - deploy;
  const ready = Math.max(cells(result.totalNs) - deploy - running, 0);
  return '█'.repeat(deploy) + '▓'.repeat(running) + '░'.repeat(ready);
}

/** Medians, spreads, and the only comparisons that the samples allow. */
function sampleLines(figures: Figures): string[] {
  const lines: string[] = [];
  for (const result of figures.results) {
    const total = result.samples?.metrics.totalNs;
    if (!result.samples || !total) continue;
    lines.push(
      `${result.workload} ${result.system}: total median ${seconds(total.median)} s of ${result.samples.count} samples, ` +
        `${seconds(total.min)} to ${seconds(total.max)}, 95 % interval of the mean ${seconds(total.ci95[0])} to ${seconds(total.ci95[1])}`,
    );
  }
  for (const a of figures.results)
    for (const b of figures.results.slice(figures.results.indexOf(a) + 1)) {
      const [x, y] = [a.samples?.metrics.totalNs, b.samples?.metrics.totalNs];
      if (a.workload !== b.workload || !x || !y) continue;
      lines.push(
        differs(x, y)
          ? `${a.workload}: ${x.median < y.median ? a.system : b.system} is ${(Math.max(x.median, y.median) / Math.min(x.median, y.median)).toFixed(2)} times as fast as ${x.median < y.median ? b.system : a.system}`
          : `${a.workload}: no difference between ${a.system} and ${b.system} can be claimed (the intervals overlap)`,
      );
    }
  return lines;
}
