/** Figures that somebody has published of starts. */
export interface PublishedRow {
  readonly system: string;
  readonly deployS: number;
  readonly runningS: number;
  readonly readyS: number;
  readonly totalS: number;
  readonly amplification: number;
  readonly packets: number;
}

export interface Published {
  readonly what: string;
  readonly source: string;
  readonly setup: Readonly<{ network: string; host: string; unknown: readonly string[] }>;
  readonly rows: readonly PublishedRow[];
  readonly claims: Readonly<Record<'timesFasterThanFull' | 'timesFasterThanLazy' | 'timesLessData', number>>;
}

export const metrics = ['deployS', 'runningS', 'readyS', 'totalS', 'amplification', 'packets'] as const;
export type Metric = (typeof metrics)[number];

/** How close a cell is to be: of its own value. */
export const bounds: Readonly<Record<Metric, number>> = {
  ...{ deployS: 0.1, runningS: 0.1, readyS: 0.1, totalS: 0.1 },
  ...{ amplification: 0.1, packets: 0.2 },
};

/** TCP payload of a packet of 1500 bytes with timestamps. */
export const packetBytes = 1448;

/**
 * What the start needs, in bytes: a lazy system's packets over its amplification, which says the same of all of them
 * within 2 %. (So for them amplification is what came over the network, over this.)
 */
export function neededBytesOf({ rows }: Published): number {
  const lazy = rows.filter(({ system }) => system !== 'full');
  const each = lazy.map(({ packets, amplification }) => (packets * packetBytes) / amplification);
  return each.reduce((sum, bytes) => sum + bytes, 0) / each.length;
}
