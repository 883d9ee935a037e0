/** What a prediction is held to: errors are ratios, predicted over measured less one. */
export interface Bound {
  /** Of the errors' absolute values, their mean over all cells. */
  readonly mean?: number;
  /** The same, the largest. */
  readonly worst?: number;
}

/** The metrics that are compared, and how exact they must be. */
export const bounds = {
  deployNs: { mean: 0.1, worst: 0.2 },
  runningNs: { mean: 0.1, worst: 0.2 },
  readyNs: { mean: 0.1, worst: 0.2 },
  totalNs: { mean: 0.05, worst: 0.2 },
  'registry.requests': { worst: 0.01 },
  'registry.bytes': { worst: 0.01 },
} as const satisfies Record<string, Bound>;

export type Metric = keyof typeof bounds;
export const metrics = Object.keys(bounds) as Metric[];

/** One figure, measured and predicted. */
export interface Cell {
  readonly guest: string;
  readonly workload: string;
  readonly system: string;
  readonly net: string;
  readonly metric: Metric;
  readonly measured: number;
  readonly predicted: number;
  readonly error: number;
}

export interface MetricSummary {
  readonly metric: Metric;
  readonly cells: number;
  readonly mean: number;
  readonly worst: number;
  readonly bound: Bound;
  readonly ok: boolean;
}

/** How exact each metric is, over all cells that have it. */
export function summarize(cells: readonly Cell[]): MetricSummary[] {
  return metrics.flatMap((metric) => {
    const errors = cells.filter((cell) => cell.metric === metric).map(({ error }) => Math.abs(error));
    if (errors.length === 0) return [];
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const worst = Math.max(...errors);
    const bound: Bound = bounds[metric];
    const ok = mean <= (bound.mean ?? Infinity) && worst <= (bound.worst ?? Infinity);
    return [{ metric, cells: errors.length, mean, worst, bound, ok }];
  });
}
