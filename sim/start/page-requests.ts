import type { Completion } from '../engine/completion.ts';
import { Process, type Flow } from '../engine/process.ts';
import { Job } from '../host/job.ts';
import type { Node } from '../host/node.ts';
import type { ImageFile } from '../systems/image.ts';
import type { RootFs } from '../systems/rootfs.ts';
import type { FilePages, Observer } from './observer.ts';

/**
 * What the page cache has asked the file system for and not got yet. The cache counts a page as there once it is
 * inserted; whoever needs its data waits here.
 */
export class PageRequests {
  readonly #rootFs: RootFs;
  readonly #node: Node;
  readonly #requests: Completion[] = [];
  /** Per file and page, the number of the request that brings it, plus one; 0: it was there. */
  readonly #pages: (Int32Array | undefined)[] = [];
  /** Pages asked for so far. */
  requestedPages = 0;

  readonly #files: readonly (ImageFile | undefined)[];
  readonly #observer: Observer | undefined;

  /**
   * @param files     by their numbers; undefined: none of the image
   * @param observer  is told of each request
   */
  constructor(node: Node, rootFs: RootFs, files: readonly (ImageFile | undefined)[], observer?: Observer) {
    this.#node = node;
    this.#rootFs = rootFs;
    this.#files = files;
    this.#observer = observer;
  }

  get count(): number {
    return this.#requests.length;
  }

  /** The first request that is still to bring any of these pages; undefined: they are all there. */
  firstMissing(file: number, first: number, end: number): Completion | undefined {
    const pages = this.#pages[file];
    if (!pages) return undefined;
    const stop = Math.min(end, pages.length);
    for (let page = first; page < stop; page++) {
      const number = pages[page]!;
      if (number === 0) continue;
      const request = this.#requests[number - 1]!;
      if (!request.hasEnded) return request;
    }
    return undefined;
  }

  /**
   * Does at once what the program would wait for, if it is one request that only works (see `FairServer.serveAlone`).
   *
   * @returns whether it has; if not, nothing has changed
   */
  readAlone(number: number, first: number, end: number): boolean {
    const file = this.#files[number];
    if (!file || this.#observer || end - first > this.#rootFs.requestPagesMax) return false;
    const workNs = this.#rootFs.readNs?.(file, first, end - first);
    const { host } = this.#node;
    if (workNs === undefined || !host.cores.serveAlone(host.costNs(workNs))) return false;
    this.requestedPages += end - first;
    return true;
  }

  /** One call of readahead becomes as many requests as the file system's limit makes of it. */
  request(number: number, first: number, end: number): void {
    const file = this.#files[number];
    if (!file) return;
    let pages = this.#pages[number];
    if (!pages || pages.length < end) {
      const grown = new Int32Array(Math.max(end, 2 * (pages?.length ?? 0)));
      if (pages) grown.set(pages);
      this.#pages[number] = pages = grown;
    }
    const most = this.#rootFs.requestPagesMax;
    this.requestedPages += end - first;
    for (let from = first; from < end; from += most) {
      const to = Math.min(from + most, end);
      // Before the request begins: it may end at once.
      pages.fill(this.#requests.length + 1, from, to);
      this.#requests.push(this.#read(file, from, to - from));
    }
  }

  #read(file: ImageFile, firstPage: number, pages: number): Completion {
    if (this.#observer) {
      const flow = this.#rootFs.read(file, firstPage, pages);
      return new Process(watch(flow, { path: file.path, firstPage, pages }, this.#node, this.#observer));
    }
    const workNs = this.#rootFs.readNs?.(file, firstPage, pages);
    return workNs === undefined
      ? new Process(this.#rootFs.read(file, firstPage, pages))
      : new Job(this.#node.host, workNs);
  }
}

function* watch(flow: Flow, pages: FilePages, { engine }: Node, observer: Observer): Flow {
  const fromNs = engine.nowNs;
  yield* flow;
  observer.read(pages, { fromNs, toNs: engine.nowNs });
}
