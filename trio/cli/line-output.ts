import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { TrioError } from '../errors.ts';
import { pathBytes } from '../trace/path-text.ts';

/** Lines to a file or standard output: taken at once, written when {@link LineOutput.flush} is awaited. */
export class LineOutput {
  readonly #to: Writable;
  readonly #path: string | undefined;
  /** What is written, if it becomes `#path` only when it is whole. */
  readonly #partial: string | undefined;
  #text = '';
  #failure: Error | undefined;

  private constructor(to: Writable, path?: string, partial?: string) {
    this.#to = to;
    this.#path = path;
    this.#partial = partial;
    if (path !== undefined) to.on('error', (error: Error) => (this.#failure ??= error));
  }

  static stdout(): LineOutput {
    return new LineOutput(process.stdout);
  }

  /** To a file, which is there only when {@link LineOutput.end} has written all; it may also be what is read. */
  static async file(path: string): Promise<LineOutput> {
    const there = await stat(path).catch(() => undefined);
    // A pipe or a device is no file that a rename may replace.
    if (there && !there.isFile()) return new LineOutput(createWriteStream(path), path);
    const partial = `${path}.partial`;
    return new LineOutput(createWriteStream(partial), path, partial);
  }

  /** Takes text that ends with a line break. Lone surrogates in it stand for bytes, see `pathText`. */
  add(text: string): void {
    this.#text += text;
  }

  /** Waits until the system has taken what was added. @throws TrioError `CANNOT_WRITE` */
  async flush(): Promise<void> {
    if (this.#text === '') return;
    const bytes = pathBytes(this.#text);
    this.#text = '';
    await this.#try(async () => {
      if (!this.#to.write(bytes)) await once(this.#to, 'drain');
    });
  }

  /** Writes what is left, and closes a file. @throws TrioError `CANNOT_WRITE` */
  async end(): Promise<void> {
    await this.flush();
    if (this.#path === undefined) return;
    const path = this.#path;
    await this.#try(async () => {
      this.#to.end();
      await finished(this.#to);
      if (this.#partial !== undefined) await rename(this.#partial, path);
    });
  }

  /** Leaves nothing of a file that did not become whole. */
  async abandon(): Promise<void> {
    if (this.#path === undefined) return;
    this.#to.destroy();
    if (this.#partial !== undefined) await rm(this.#partial, { force: true });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TrioError('CANNOT_WRITE', `cannot write ${this.#path ?? 'the output'}: ${why}`, {
        cause: error,
      });
    }
  }
}
