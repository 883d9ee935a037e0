/**
 * Says on a terminal (on standard error, so that output can go elsewhere) how much of something is done; nothing where
 * nobody looks.
 *
 * @param what  is done, e.g. `points`
 */
export function showProgress(done: number, all: number, what: string): void {
  if (!process.stderr.isTTY) return;
  const percent = Math.floor((100 * done) / all);
  process.stderr.write(`\r${percent} % of ${all} ${what}${done === all ? '\n' : ''}`);
}

/** The same of a list's items, one after the other: while the consumer is at one, those before it are done. */
export function* withProgress<T>(items: readonly T[], what: string): Generator<T> {
  for (const [done, item] of items.entries()) {
    showProgress(done, items.length, what);
    yield item;
  }
  if (items.length > 0) showProgress(items.length, items.length, what);
}
