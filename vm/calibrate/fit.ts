/** One measurement: how many of each quantity were done, and the time that took together, in virtual ns. */
export interface Sample {
  readonly x: Readonly<Record<string, number>>;
  readonly ns: number;
  /** Not fitted: held against what the fit predicts. */
  readonly check: boolean;
}

/** Quantity → ns for one. */
export type Costs = Readonly<Record<string, number>>;

/** What one of each quantity costs, and how far that is off on the samples that were not fitted. */
export interface Fit {
  /** 0 for what is too little to be told from noise. */
  readonly costs: Costs;
  /** Of the checks, the largest |predicted − measured| / measured. */
  readonly checkError: number;
}

/** A quantity counts when in some sample it takes at least this part of the time. */
const significantShare = 0.02;

/**
 * The cost of one of each quantity, such that time = Σ cost × quantity: with as many samples as quantities (two for a
 * straight line) it goes through all of them, with more it is the least-squares fit of the relative errors. Costs that
 * come out negative, or too small to count anywhere, are noise: the least of them is taken as 0 and the others are
 * fitted again, until none is left.
 *
 * @param known  costs that are fitted elsewhere
 * @throws Error when the samples do not tell the quantities apart, or there is no check
 */
export function fitCosts(samples: readonly Sample[], known: Costs = {}): Fit {
  const fitted = samples.filter(({ check }) => !check);
  const checks = samples.filter(({ check }) => check);
  const all = [...new Set(samples.flatMap(({ x }) => Object.keys(x)))].filter((name) => !(name in known));
  if (checks.length === 0) throw new Error(`no sample checks the fit of ${all.join(', ')}`);
  let names = all;
  let costs: Costs = {};
  for (;;) {
    costs = leastSquares(fitted, names, known);
    const shares = names.map((name) => ({
      name,
      share: Math.max(...fitted.map(({ x, ns }) => ((costs[name] ?? 0) * (x[name] ?? 0)) / ns)),
      worth: costs[name] ?? 0,
    }));
    const noise = shares.filter(({ share, worth }) => worth <= 0 || share < significantShare);
    if (noise.length === 0) break;
    const least = noise.reduce((a, b) => (b.share < a.share ? b : a));
    names = names.filter((name) => name !== least.name);
  }
  costs = Object.fromEntries(all.map((name) => [name, costs[name] ?? 0]));
  const errors = checks.map(({ x, ns }) => Math.abs(predict({ ...known, ...costs }, x) - ns) / ns);
  return { costs, checkError: Math.max(...errors) };
}

/** The time that these quantities take at these costs, in ns. */
export function predict(costs: Costs, x: Readonly<Record<string, number>>): number {
  return Object.entries(x).reduce((sum, [name, count]) => sum + (costs[name] ?? 0) * count, 0);
}

function leastSquares(samples: readonly Sample[], names: readonly string[], known: Costs): Costs {
  if (names.length === 0) return {};
  // By each sample's time, so that all weigh the same; then scaled to columns of like size: bytes and operations differ
  // by six orders of magnitude.
  const scales = names.map((name) => Math.max(...samples.map(({ x, ns }) => (x[name] ?? 0) / ns)) || 1);
  const rows = samples.map(({ x, ns }) => names.map((name, i) => (x[name] ?? 0) / ns / (scales[i] ?? 1)));
  const rest = samples.map(({ x, ns }) => 1 - predict(known, x) / ns);
  const solution = solve(normalEquations(rows, rest));
  if (!solution) throw new Error(`the samples do not tell ${names.join(', ')} apart`);
  return Object.fromEntries(names.map((name, i) => [name, (solution[i] ?? 0) / (scales[i] ?? 1)]));
}

/** AᵀA | Aᵀb. */
function normalEquations(rows: readonly (readonly number[])[], b: readonly number[]): number[][] {
  const size = rows[0]?.length ?? 0;
  return Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) =>
      rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0),
    ),
    rows.reduce((sum, row, k) => sum + (row[i] ?? 0) * (b[k] ?? 0), 0),
  ]);
}

/** Gauss-Jordan elimination with pivoting; undefined for a singular system. */
function solve(matrix: number[][]): number[] | undefined {
  const size = matrix.length;
  for (let column = 0; column < size; column++) {
    const below = matrix.slice(column);
    const pivot = below.reduce((best, row) =>
      Math.abs(at(row, column)) > Math.abs(at(best, column)) ? row : best,
    );
    if (Math.abs(at(pivot, column)) < 1e-13) return undefined;
    const from = matrix.indexOf(pivot);
    [matrix[column], matrix[from]] = [pivot, matrix[column] ?? pivot];
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = at(row, column) / at(pivot, column);
      for (let i = column; i <= size; i++) row[i] = at(row, i) - factor * at(pivot, i);
    }
  }
  return matrix.map((row, i) => at(row, size) / at(row, i));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
