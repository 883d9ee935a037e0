import type { Parameters } from '../../parameters/parameters.ts';
import type { MetricSummary } from '../../validate/bounds.ts';
import { sourceText } from '../parameter-table.ts';
import type { Compared } from '../comparison-table.ts';
import { phaseBars, phaseLegend } from './bars.ts';
import { fetchedPlot } from './fetched.ts';
import { html, Markup, table } from './markup.ts';
import { style } from './style.ts';

export interface Report {
  readonly workload: string;
  readonly guest: string;
  readonly kernel: string;
  readonly seed: string;
  /** Each network's starts; requests are shown of the first. */
  readonly networks: readonly { readonly net: string; readonly compared: readonly Compared[] }[];
  readonly parameters: Parameters;
  /** How far predictions of this workload were from what was measured; none if it was not. */
  readonly validation: readonly MetricSummary[];
}

const percent = (ratio: number | undefined) => (ratio === undefined ? '–' : `${(100 * ratio).toFixed(1)} %`);
const seconds = (ns: number) => (ns / 1e9).toFixed(3);

/** The whole report as one page that needs nothing else: no script, nothing from the network. */
export function reportPage(report: Report): string {
  const { workload, guest, kernel, seed, networks, parameters } = report;
  const title = `${workload}: predicted cold starts`;
  const [first] = networks;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${rawStyle}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p class="note">
          On ${guest} (Linux ${kernel}), seed “${seed}”. The same input gives the same page, byte for byte.
        </p>
        <h2>Where the time goes</h2>
        ${phaseLegend()}
        ${networks.map(
          ({ net, compared }) =>
            html`<h3>${net}</h3>
              ${phaseBars(net, compared)} ${figures(compared)} `,
        )}
        <h2>What is fetched when, on ${first?.net ?? 'no network'}</h2>
        ${first ? fetchedPlot(first.compared) : html``}
        <p class="note">
          Bodies of the registry’s answers. Small marks: a request begins; large: the container is ready. In
          parentheses: requests.
        </p>
        <h2>How far predictions are from measurements</h2>
        ${validation(report)}
        <h2>Parameters</h2>
        ${table(
          ['parameter', 'value', 'unit', 'what', 'source'],
          parameters.definitions.map(({ name, unit, what, source }) => [
            ...[name, parameters.get(name), unit, what, sourceText(source)],
          ]),
        )}
      </body>
    </html> `.text;
}

const rawStyle = new Markup(style);

function figures(compared: readonly Compared[]): Markup {
  const head = [
    'system',
    'Deploy s',
    'Running s',
    'Ready s',
    'Total s',
    'requests',
    'MB',
    '× needed',
    'packets',
  ];
  const rows = compared.map(({ title, outcome: { deployNs, runningNs, readyNs, totalNs, ...rest } }) => [
    ...[title, ...[deployNs, runningNs, readyNs, totalNs].map(seconds)],
    ...[rest.registry.requests, (rest.registry.bytes / 1e6).toFixed(2)],
    ...[rest.amplification.toFixed(2), rest.net.rxPackets],
  ]);
  return table(head, rows);
}

function validation({ validation: summary, workload, guest }: Report): Markup {
  if (summary.length === 0) return html`<p>No start of ${workload} on ${guest} was measured.</p>`;
  const rows = summary.map(({ metric, cells, mean, worst, bound, ok }) => [
    ...[metric, cells, percent(mean), percent(bound.mean), percent(worst), percent(bound.worst)],
    ok ? 'ok' : 'NOT MET',
  ]);
  return html`${table(['figure', 'cells', 'mean error', 'bound', 'worst error', 'bound', ''], rows)}
    <p class="note">
      Each measured start of ${workload} on ${guest}, on all recorded networks: absolute value of predicted
      over measured, less one. With the parameters of the calibration, whatever is set here.
    </p>`;
}
