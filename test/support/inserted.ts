import type { InsertedFile } from '../../sim/pagecache/comparison.ts';
import type { Prediction } from '../../sim/pagecache/predict.ts';
import type { PageSteps } from '../../sim/workload/page-steps.ts';
import type { Program } from '../../sim/workload/program.ts';

/** Per inode, the folios inserted, in order: `first page, order`. */
type Inserted = Record<string, string[]>;

/** All of a program's steps, one after the other. */
export function insertedBySteps(program: Program, pages: PageSteps): Inserted {
  const inserted: Inserted = {};
  const { insertions } = pages.cache;
  for (let step = 0; step < program.steps; step++) {
    pages.step(step);
    for (let i = 0; i < insertions.length; i++) {
      const { dev, ino } = program.files[insertions.inode(i)]!;
      (inserted[`${dev}:${ino}`] ??= []).push(`${insertions.firstPage(i)}, ${insertions.order(i)}`);
    }
    insertions.clear();
  }
  return inserted;
}

export function insertedByPrediction(prediction: Prediction): Inserted {
  const list = ({ dev, ino, inserted }: InsertedFile) => [
    `${dev}:${ino}`,
    Array.from({ length: inserted.length }, (_, i) => `${inserted.firstPage(i)}, ${inserted.order(i)}`),
  ];
  return Object.fromEntries(
    prediction
      .inserted()
      .filter(({ inserted }) => inserted.length > 0)
      .map(list),
  ) as Inserted;
}
