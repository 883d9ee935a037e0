import Table from 'cli-table3';
import type { PredictedRow, PublishedComparison, Values } from '../published/compare.ts';
import { fitted, given, inferred } from '../published/slides.ts';
import { metrics, type Metric, type Published } from '../published/table.ts';

const heads: Readonly<Record<Metric, string>> = {
  ...{ deployS: 'Deploy s', runningS: 'Running s', readyS: 'Ready s', totalS: 'Total s' },
  ...{ amplification: 'amplification', packets: 'packets K' },
};
const text = (metric: Metric, value: number) =>
  metric === 'packets' ? (value / 1000).toFixed(0) : value.toFixed(1);
const signed = (error: number) => `${error < 0 ? '−' : '+'}${Math.abs(100 * error).toFixed(1)} %`;

/** The published table beside the predicted one, what is past its bound marked, then where the inputs come from. */
export function publishedTable(published: Published, compared: PublishedComparison, values: Values): string {
  const head = ['system', ...metrics.map((metric) => heads[metric])];
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (const { system } of published.rows) {
    const cells = compared.cells.filter((cell) => cell.system === system);
    table.push([
      system,
      ...cells.map(({ metric, published: was, predicted, error, bound, isFitted }) => {
        const off = `${signed(error)}${Math.abs(error) > bound ? ' !' : ''}`;
        const how = !isFitted ? off : Math.abs(error) < 0.02 ? 'fitted' : `fitted, ${off}`;
        return `${text(metric, was)} → ${text(metric, predicted)} (${how})`;
      }),
    ]);
  }
  for (const { system, figures } of compared.predictions)
    table.push([system, ...metrics.map((metric) => `→ ${text(metric, figures[metric])}`)]);
  const past = compared.cells.filter(({ error, bound }) => Math.abs(error) > bound).length;
  const free = compared.cells.filter(({ isFitted }) => !isFitted).length;
  return [
    `${published.what}: ${published.source}`,
    `published → predicted, from golden pytorch; !: off by more than 10 % (packets: 20 %)`,
    table.toString(),
    `${compared.cells.length} cells, ${compared.cells.length - free} of them with ${fitted.length} fitted parameters; ${past} are past their bounds. ` +
      `Needed, by the table's own numbers: ${(compared.neededBytes / 1e6).toFixed(1)} MB.`,
    ...compared.predictions.map((row) => claims(published, row)),
    `Not known: ${published.setup.unknown.join('; ')}.`,
    '',
    'given:',
    ...given.map(({ name, value, why }) => `  ${name} = ${value}: ${why}`),
    'inferred:',
    ...inferred.map(({ name, value, why }) => `  ${name} = ${value}: ${why}`),
    '  registry.speed = host.speed: a machine like the node',
    'fitted, each to the cell, or two, that it names:',
    ...fitted.map(
      ({ name, systems, metric, why }) =>
        `  ${name} = ${values[name]}: ${systems.join(' and ')}, ${heads[metric]}; ${why}`,
    ),
    '',
  ].join('\n');
}

/** What the authors say of TrIO, of which they published no row: of the published starts over the predicted ones. */
function claims({ rows, claims: claimed }: Published, { system, figures }: PredictedRow): string {
  const over = (metric: Metric, of: (id: string) => boolean) => {
    const times = rows.filter((row) => of(row.system)).map((row) => row[metric] / figures[metric]);
    const [least, most] = [Math.min(...times).toFixed(1), Math.max(...times).toFixed(1)];
    return least === most ? most : `${least} to ${most}`;
  };
  const isLazy = (id: string) => id !== 'full';
  return (
    `${system}: ${over('totalS', (id) => id === 'full')} times as fast as full (claimed: ${claimed.timesFasterThanFull}), ` +
    `${over('totalS', isLazy)} times as fast as the lazy ones (${claimed.timesFasterThanLazy}), ` +
    `${over('amplification', isLazy)} times less data than they (${claimed.timesLessData}).`
  );
}
