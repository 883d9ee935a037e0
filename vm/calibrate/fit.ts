/** One measurement: how many of each quantity were done, and the time that took together, in virtual ns. */
export interface Sample {
  readonly x: Readonly<Record<string, number>>;
  readonly ns: number;
  /** Not fitted: held against what the fit predicts. */
  readonly check: boolean;
}

/** What one of each quantity costs, and how far that is off on the samples that were not fitted. */
export interface Fit {
  /** Quantity → ns for one. */
  readonly costs: Readonly<Record<string, number>>;
  /** Of the checks, the largest |predicted − measured| / measured. */
  readonly checkError: number;
}

/**
 * The cost of one of each quantity, such that time = Σ cost × quantity: with as many samples as quantities (two for a
 * straight line) it goes through all of them, with more it is the least-squares fit of the relative errors.
 *
 * @throws Error when the samples do not tell the quantities apart, or there is no check
 */
export function fitCosts(samples: readonly Sample[]): Fit {
  const fitted = samples.filter(({ check }) => !check);
  const checks = samples.filter(({ check }) => check);
  const names = [...new Set(samples.flatMap(({ x }) => Object.keys(x)))];
  if (checks.length === 0) throw new Error(`no sample checks the fit of ${names.join(', ')}`);
  // Scaled to columns of like size: bytes and operations differ by six orders of magnitude.
  const scales = names.map((name) => Math.max(...fitted.map(({ x, ns }) => (x[name] ?? 0) / ns)));
  const rows = fitted.map(({ x, ns }) => names.map((name, i) => (x[name] ?? 0) / ns / (scales[i] || 1)));
  const solution = solve(normalEquations(rows));
  if (!solution) throw new Error(`the samples do not tell ${names.join(', ')} apart`);
  const costs = Object.fromEntries(names.map((name, i) => [name, (solution[i] ?? 0) / (scales[i] || 1)]));
  const errors = checks.map(({ x, ns }) => Math.abs(predict(costs, x) - ns) / ns);
  return { costs, checkError: Math.max(...errors) };
}

/** The time that these quantities take at these costs, in ns. */
export function predict(
  costs: Readonly<Record<string, number>>,
  x: Readonly<Record<string, number>>,
): number {
  return Object.entries(x).reduce((sum, [name, count]) => sum + (costs[name] ?? 0) * count, 0);
}

/** AᵀA | Aᵀ1: each row is a sample's quantities by its time, so that every sample weighs the same. */
function normalEquations(rows: readonly (readonly number[])[]): number[][] {
  const size = rows[0]?.length ?? 0;
  return Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) =>
      rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0),
    ),
    rows.reduce((sum, row) => sum + (row[i] ?? 0), 0),
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
