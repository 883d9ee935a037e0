import Table from 'cli-table3';
import type { Outcome } from '../start/simulate.ts';

/** A system's outcome under its name. */
export interface Compared {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
}

const barCells = 36;
/** How the phases are drawn, in their order. */
const phases = [
  { name: 'Deploy', mark: '█', of: ({ deployNs }: Outcome) => deployNs },
  { name: 'Running', mark: '▒', of: ({ runningNs }: Outcome) => runningNs },
  { name: 'Ready', mark: '░', of: ({ readyNs }: Outcome) => readyNs },
];

const seconds = (ns: number) => (ns / 1e9).toFixed(3);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);

/** A row a system: its phases in seconds, what it moved, and a bar in which a phase is as long as it takes. */
export function comparisonTable(compared: readonly Compared[]): string {
  const head = [
    'system',
    ...phases.map(({ name }) => name),
    'Total s',
    'requests',
    'MB',
    '× needed',
    'packets',
    '',
  ];
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i > 0 && i < head.length - 1 ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  const longestNs = Math.max(...compared.map(({ outcome }) => outcome.totalNs));
  for (const { title, outcome } of compared) {
    const { totalNs, registry, amplification, net } = outcome;
    table.push([
      title,
      ...phases.map(({ of }) => seconds(of(outcome))),
      seconds(totalNs),
      String(registry.requests),
      megabytes(registry.bytes),
      amplification.toFixed(2),
      String(net.rxPackets),
      bar(outcome, longestNs),
    ]);
  }
  const legend = phases.map(({ name, mark }) => `${mark} ${name}`).join('  ');
  return `${table.toString()}\n${legend}; packets: received\n`;
}

/** Ends of phases are rounded, not their lengths, so that the bar is as long as the total. */
function bar(outcome: Outcome, longestNs: number): string {
  let endNs = 0;
  let drawn = 0;
  return phases
    .map(({ mark, of }) => {
      endNs += of(outcome);
      const end = Math.round((endNs / longestNs) * barCells);
      const cells = mark.repeat(end - drawn);
      drawn = end;
      return cells;
    })
    .join('');
}

/** A sentence a system: where its time goes, and what that comes from. */
export function explanations(compared: readonly Compared[]): string {
  const fastest = Math.min(...compared.map(({ outcome }) => outcome.totalNs));
  return compared
    .map(({ id, outcome }) => {
      const { totalNs, busyNs, registry, neededBytes } = outcome;
      const longest = phases.reduce((a, b) => (b.of(outcome) > a.of(outcome) ? b : a));
      const share = Math.round((longest.of(outcome) / totalNs) * 100);
      const times = totalNs === fastest ? 'the fastest' : `${(totalNs / fastest).toFixed(1)} × the fastest`;
      return (
        `${id}: ${times}; ${share} % of it is ${longest.name}. ` +
        `It fetches ${megabytes(registry.bytes)} MB in ${registry.requests} requests ` +
        `for ${megabytes(neededBytes)} MB needed; the processors work ${seconds(busyNs)} s.\n`
      );
    })
    .join('');
}
