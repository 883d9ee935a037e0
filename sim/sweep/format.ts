import type { Settings } from '../input/scenario.ts';
import type { Outcome } from '../start/simulate.ts';

/** What a sweep is of; whoever has the file can repeat it. */
export interface Definition {
  /** Of all that decides what the rows are, the values of all parameters among it. */
  readonly id: string;
  readonly guest: string;
  readonly workload: string;
  readonly kernel: string;
  readonly systems: readonly string[];
  readonly net: string;
  readonly set: Settings;
  readonly seed: string;
  readonly axes: readonly string[];
  /** A Latin hypercube; else a grid. */
  readonly isSample: boolean;
  readonly points: number;
}

/** How a sweep is written: a head, then a row for each point and system. A row has no line break but at its end. */
export interface Format {
  head(definition: Definition, names: readonly string[]): string;
  row(id: string, point: number, settings: Settings, system: string, outcome: Outcome): string;
  /** Whether a line is the row of this point and system. */
  isRow(line: string, id: string, point: number, system: string): boolean;
}

/** The figures of a row, under the names of `trio.e2e/1`. */
const figures = {
  deployNs: ({ deployNs }) => deployNs,
  runningNs: ({ runningNs }) => runningNs,
  readyNs: ({ readyNs }) => readyNs,
  totalNs: ({ totalNs }) => totalNs,
  'registry.requests': ({ registry }) => registry.requests,
  'registry.bytes': ({ registry }) => registry.bytes,
  'net.rxBytes': ({ net }) => net.rxBytes,
  'net.rxPackets': ({ net }) => net.rxPackets,
  'net.txBytes': ({ net }) => net.txBytes,
  'net.txPackets': ({ net }) => net.txPackets,
  neededBytes: ({ neededBytes }) => neededBytes,
  amplification: ({ amplification }) => amplification,
  busyNs: ({ busyNs }) => busyNs,
  requestedPages: ({ requestedPages }) => requestedPages,
} satisfies Record<string, (outcome: Outcome) => number>;
const columns = Object.entries(figures);

/** For tables. The sweep's identity is a column: CSV has no place for what holds for the whole file. */
export const csv: Format = {
  head: (_, names) =>
    `${['point', 'system', ...names, ...columns.map(([name]) => name), 'sweep'].join(',')}\n`,
  isRow: (line, id, point, system) => line.startsWith(`${point},${system},`) && line.endsWith(`,${id}`),
  row: (id, point, settings, system, outcome) => {
    const values = [...settings.map(([, value]) => value), ...columns.map(([, of]) => of(outcome))];
    return `${[point, system, ...values, id].join(',')}\n`;
  },
};

/** JSON lines: the definition, then the rows. */
export const ndjson: Format = {
  head: (definition) => `${JSON.stringify({ schema: 'trio.sweep/1', ...definition })}\n`,
  isRow: (line, _, point, system) =>
    line.startsWith(`{"point":${point},"system":"${system}",`) && line.endsWith('}'),
  row: (_, point, settings, system, outcome) => {
    const values = Object.fromEntries(columns.map(([name, of]) => [name, of(outcome)]));
    return `${JSON.stringify({ point, system, set: Object.fromEntries(settings), ...values })}\n`;
  },
};
