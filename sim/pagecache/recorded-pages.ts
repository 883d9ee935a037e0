import type { OpenRecord, PageRecord } from '../../trio/trace/record-views.ts';
import type { TraceVisitor } from '../../trio/trace/rich-trace.ts';
import type { InsertedFile } from './comparison.ts';
import { FolioList } from './folio-list.ts';

/**
 * What came into the page cache in a recorded run, file by file and in order, whoever asked for it. It takes only the
 * page cache's own events; opens, if the trace has them, name the files.
 */
export class RecordedPages implements TraceVisitor {
  readonly #files = new Map<string, InsertedFile>();
  readonly #paths = new Map<string, string>();

  inserted(): InsertedFile[] {
    return [...this.#files].map(([key, file]) => ({ ...file, path: this.#paths.get(key) }));
  }

  open({ dev, ino, path }: OpenRecord): void {
    const key = `${dev}:${ino}`;
    if (path !== undefined && !this.#paths.has(key)) this.#paths.set(key, path);
  }

  insert({ dev, ino, index, order }: PageRecord): void {
    const key = `${dev}:${ino}`;
    let file = this.#files.get(key);
    if (!file) this.#files.set(key, (file = { dev, ino, path: undefined, inserted: new FolioList() }));
    file.inserted.push(index, order);
  }
}
