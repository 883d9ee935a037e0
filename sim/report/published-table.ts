import Table from 'cli-table3';
import type { PublishedComparison, Values } from '../published/compare.ts';
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
        const how = isFitted ? 'fitted' : `${signed(error)}${Math.abs(error) > bound ? ' !' : ''}`;
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
    `${compared.cells.length} cells, ${fitted.length} of them fitted; of the other ${free}, ${past} are past their bounds. ` +
      `Needed, by the table's own numbers: ${(compared.neededBytes / 1e6).toFixed(1)} MB.`,
    `Not known: ${published.setup.unknown.join('; ')}.`,
    '',
    'given:',
    ...given.map(({ name, value, why }) => `  ${name} = ${value}: ${why}`),
    'inferred:',
    ...inferred.map(({ name, value, why }) => `  ${name} = ${value}: ${why}`),
    '  registry.speed = host.speed: a machine like the node',
    'fitted, each to one cell:',
    ...fitted.map(
      ({ name, system, metric, why }) => `  ${name} = ${values[name]}: ${system}, ${heads[metric]}; ${why}`,
    ),
    '',
  ].join('\n');
}
