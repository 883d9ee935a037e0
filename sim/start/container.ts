import type { Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { FileSettings } from '../pagecache/trace-files.ts';
import type { Kernel } from '../pagecache/kernel.ts';
import type { Image, ImageFile } from '../systems/image.ts';
import type { RootFs } from '../systems/rootfs.ts';
import { PageSteps } from '../workload/page-steps.ts';
import { pagesOf } from '../workload/needed-pages.ts';
import type { Program } from '../workload/program.ts';
import { stepKind } from '../workload/steps.ts';
import type { Observer } from './observer.ts';
import { PageRequests } from './page-requests.ts';
import { Prober } from './prober.ts';

/**
 * A container's program on a mounted image: does its steps one after the other, in the order in which they were
 * recorded; computes and sleeps between them as long as it did in a warm start, and waits for the data that it needs.
 */
export class Container {
  readonly #node: Node;
  readonly #rootFs: RootFs;
  readonly #program: Program;
  readonly #steps: PageSteps;
  readonly #files: readonly (ImageFile | undefined)[];
  readonly #requests: PageRequests;
  readonly #prober: Prober;
  readonly #observer: Observer | undefined;
  /** Work that is due before the next thing that takes time otherwise, and what others do before it is done. */
  #dueNs = 0;
  #dueOthersNs = 0;
  /** The next step, and the first whose work is due. */
  #step = 0;
  #dueStep = 0;

  constructor(
    node: Node,
    rootFs: RootFs,
    program: Program,
    image: Image,
    kernel: Kernel,
    observer?: Observer,
  ) {
    this.#node = node;
    this.#observer = observer;
    this.#rootFs = rootFs;
    this.#program = program;
    this.#files = program.files.map(({ path, ofImage }) =>
      path !== undefined && ofImage ? image.file(path) : undefined,
    );
    const byFile = new Map(program.files.map((file, number) => [file, this.#files[number]]));
    this.#steps = new PageSteps(program, {
      kernel,
      faultAroundPages: Math.max(1, Math.floor(node.parameters.get('host.faultAroundKiB') / 4)),
      settingsOf: (file) => this.#settingsOf(byFile.get(file)),
    });
    this.#requests = new PageRequests(rootFs, this.#files, observer && { observer, engine: node.engine });
    this.#prober = new Prober(node, image);
  }

  /** Pages that the page cache has asked the file system for. */
  get requestedPages(): number {
    return this.#requests.requestedPages;
  }

  /** What is not of the image is in memory, however it is read. */
  #settingsOf(file: ImageFile | undefined): FileSettings {
    const { largeFolios } = this.#rootFs;
    const pages = file ? this.#rootFs.readAheadPages(file) : 0;
    return { raPages: pages, ioPages: pages, largeFolios };
  }

  /** What runc does in the image before it starts the program; its time is that of the phase. */
  prelude(): Flow {
    return this.#run(0, this.#program.prelude, false);
  }

  /** From containerd's word that the program runs, a little after which it was released. */
  *untilReady(): Flow {
    const { prelude, readySteps, tail, releaseToRunningNs } = this.#program;
    this.#dueNs += this.#prober.firstNs - releaseToRunningNs;
    this.#prober.start();
    yield* this.#run(prelude, readySteps, true);
    yield* this.#pass(tail.cpuNs, tail.othersNs, tail.waitNs);
    this.#dueNs += this.#prober.answerNs;
    yield* this.#work();
  }

  *#run(from: number, end: number, isTimed: boolean): Flow {
    const { cpuNs, othersNs, waitNs } = this.#program;
    const { insertions } = this.#steps.cache;
    for (let step = from; step < end; step++) {
      this.#step = step + 1;
      if (isTimed) yield* this.#pass(cpuNs[step]!, othersNs[step]!, waitNs[step]!);
      yield* this.#names(step);
      this.#steps.step(step);
      if (this.#rootFs.isCached) insertions.clear();
      else if (insertions.length > 0) {
        yield* this.#work();
        this.#requests.issue(insertions);
      }
      yield* this.#data(step);
    }
  }

  /** Computes, while others have had `othersNs` of that time, and sleeps. */
  *#pass(cpuNs: number, othersNs: number, waitNs: number): Flow {
    this.#dueNs += cpuNs - othersNs;
    if (this.#prober.isThere) this.#dueOthersNs += othersNs;
    if (waitNs === 0) return;
    yield* this.#work();
    // What is still to the good was slept before the start.
    const ns = waitNs + Math.min(0, this.#dueNs);
    this.#dueNs = Math.min(0, this.#dueNs + waitNs);
    if (ns > 0) yield this.#node.host.sleep(ns);
  }

  /** What names cost here; stat and the like find what a lookup has brought. */
  *#names(step: number): Flow {
    const { kind, file, path, paths } = this.#program;
    if (kind[step] === stepKind.open) {
      const opened = this.#files[file[step]!];
      if (opened) this.#serve(this.#rootFs.openNs(opened));
      return;
    }
    if (kind[step] !== stepKind.lookup || path[step]! < 0) return;
    const name = paths[path[step]!]!;
    this.#serve(this.#rootFs.lookupNs(name));
    if (!this.#rootFs.lookup) return;
    yield* this.#work();
    yield* this.#rootFs.lookup(name);
  }

  /** The node works for the program, as it did not in the warm start. */
  #serve(ns: number): void {
    this.#dueNs += ns;
    this.#dueOthersNs += this.#prober.besideNs(ns);
  }

  /** Waits for the pages that the step cannot do without. */
  *#data(step: number): Flow {
    const pages = pagesOf(this.#program, step);
    const file = this.#program.file[step]!;
    if (!pages || this.#requests.areThere(file, pages.first, pages.end)) return;
    yield* this.#work();
    const { engine } = this.#node;
    const fromNs = engine.nowNs;
    yield* this.#requests.wait(file, pages.first, pages.end);
    const path = this.#program.files[file]!.path!;
    const waited = { path, firstPage: pages.first, pages: pages.end - pages.first };
    this.#observer?.waited(waited, { fromNs, toNs: engine.nowNs });
  }

  *#work(): Flow {
    if (this.#dueNs <= 0) return;
    const ns = this.#dueNs;
    const othersNs = this.#dueOthersNs;
    this.#dueNs = 0;
    this.#dueOthersNs = 0;
    const { engine, host } = this.#node;
    const fromNs = engine.nowNs;
    yield* this.#prober.aside(host.work(ns), ns, othersNs);
    const steps = { first: this.#dueStep, end: this.#step };
    this.#dueStep = this.#step;
    this.#observer?.worked(steps, { fromNs, toNs: engine.nowNs });
  }
}
