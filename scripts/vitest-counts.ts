import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** How many tests of one vitest run did what. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Skipped and to do: counted apart, since they show nothing. */
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});

/** Reads the report that vitest's `json` reporter wrote; no report (vitest never got so far) counts no tests. */
export async function vitestCounts(reportFile: string): Promise<Counts> {
  const text = await readFile(reportFile, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return noCounts;
  const report = Report.parse(JSON.parse(text));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
