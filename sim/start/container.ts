import { Process, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { FileSettings } from '../pagecache/trace-files.ts';
import { pageBytes } from '../pagecache/page.ts';
import type { Kernel } from '../pagecache/kernel.ts';
import type { Image, ImageFile } from '../systems/image.ts';
import type { RootFs } from '../systems/rootfs.ts';
import { listeningStep } from '../workload/listening.ts';
import { planOf, type Plan, type Stops } from '../workload/plan.ts';
import type { Program } from '../workload/program.ts';
import { DueWork } from './due-work.ts';
import type { Observer } from './observer.ts';
import { listeningShare, memoryLimit } from '../host/parameters.ts';
import { PageRequests } from './page-requests.ts';
import { Prober } from './prober.ts';

/**
 * A container's program on a mounted image: does its steps one after the other, in the order in which they were
 * recorded; computes and sleeps between them as long as it did in a warm start, and waits for the data that it needs.
 */
export class Container {
  readonly #node: Node;
  readonly #rootFs: RootFs;
  readonly #image: Image;
  readonly #program: Program;
  readonly #plan: Plan;
  readonly #files: readonly (ImageFile | undefined)[];
  readonly #requests: PageRequests;
  readonly #prober: Prober;
  /** A TCP port is ready as soon as somebody listens. */
  readonly #listeningStep: number;
  readonly #observer: Observer | undefined;
  readonly #due: DueWork;

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
    this.#image = image;
    this.#program = program;
    this.#files = program.files.map(({ path, ofImage }) =>
      path !== undefined && ofImage ? image.file(path) : undefined,
    );
    this.#plan = planOf(program, {
      kernel,
      faultAroundPages: Math.max(1, Math.floor(node.parameters.get('host.faultAroundKiB') / 4)),
      limitPages: Math.floor((node.parameters.get(memoryLimit) * 2 ** 20) / pageBytes),
      files: this.#files.map((file) => this.#settingsOf(file)),
    });
    this.#requests = new PageRequests(node, rootFs, this.#files, observer);
    this.#prober = new Prober(node, image);
    const { prelude, readySteps, isTimed } = program;
    const share = node.parameters.get(listeningShare);
    this.#listeningStep =
      image.readiness === 'http' && isTimed
        ? listeningStep(program, { from: prelude, to: readySteps, share })
        : readySteps;
    this.#due = new DueWork(node, this.#prober, observer);
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

  /**
   * What ctr reads in the image, on a mount of its own, for the container's specification: its user's groups. The pages
   * that runc reads again are counted there.
   */
  *specification(): Flow {
    const path = '/etc/group';
    const file = this.#image.file(path);
    if (!file || this.#rootFs.isCached) return;
    for (const name of ['/etc', path]) yield* this.#lookup(name);
    this.#serve(this.#rootFs.openNs(file));
    if (this.#due.begin()) yield this.#due.done;
    yield* this.#rootFs.read(file, 0, Math.ceil(file.bytes / pageBytes));
  }

  /** What runc does in the image before it starts the program; its time is that of the phase. */
  prelude(): Flow {
    return this.#run(this.#plan.prelude, this.#program.prelude);
  }

  /**
   * From containerd's word that the program runs, which it then has done for a little. How long differs from start to
   * start, in the traced one too: what counts is the usual time, that of the calibration.
   */
  *untilReady(): Flow {
    const { isTimed, readySteps, tail } = this.#program;
    this.#prober.start();
    if (isTimed) this.#due.ns -= this.#node.parameters.get('release.starts');
    this.#serve(this.#prober.firstNs);
    // A process of its own: a flow within flows goes through all of them each time that it goes on.
    yield new Process(this.#run(this.#plan.stops, readySteps)).end;
    const { rest } = this.#plan;
    this.#compute(rest.cpuNs + tail.cpuNs, rest.othersNs + tail.othersNs);
    if (tail.waitNs > 0) yield* this.#sleep(tail.waitNs);
    this.#due.ns += this.#prober.answerNs;
    if (this.#due.begin()) yield this.#due.done;
  }

  *#run(stops: Stops, end: number): Flow {
    const { length, step, cpuNs, othersNs, waitNs, path, opens, requests, firstRequest, needs } = stops;
    for (let i = 0; i < length; i++) {
      if (step[i]! >= this.#listeningStep) this.#prober.wait();
      this.#due.nextStep = step[i]! + 1;
      this.#compute(cpuNs[i]!, othersNs[i]!);
      if (waitNs[i]! > 0) yield* this.#sleep(waitNs[i]!);
      if (opens[i]! >= 0) {
        const opened = this.#files[opens[i]!];
        if (opened) this.#serve(this.#rootFs.openNs(opened));
      }
      if (path[i]! >= 0) yield* this.#lookup(this.#program.paths[path[i]!]!);
      if (this.#rootFs.isCached) continue;
      const endRequest = firstRequest[i + 1]!;
      let request = firstRequest[i]!;
      if (request < endRequest) {
        if (this.#due.begin()) yield this.#due.done;
        if (this.#readsAlone(stops, i)) continue;
        for (; request < endRequest; request++)
          this.#requests.request(requests.file[request]!, requests.first[request]!, requests.end[request]!);
      }
      const needed = needs.file[i]!;
      if (needed < 0) continue;
      let missing = this.#requests.firstMissing(needed, needs.first[i]!, needs.end[i]!);
      if (!missing) continue;
      if (this.#due.begin()) yield this.#due.done;
      const fromNs = this.#node.engine.nowNs;
      while ((missing = this.#requests.firstMissing(needed, needs.first[i]!, needs.end[i]!)))
        yield missing.end;
      this.#tellWaited(needed, needs.first[i]!, needs.end[i]!, fromNs);
    }
    this.#due.nextStep = end;
  }

  /** Reads all that a stop requests and needs, at once: see `PageRequests.readAlone`. */
  #readsAlone({ requests, firstRequest, needs }: Stops, stop: number): boolean {
    const request = firstRequest[stop]!;
    if (!this.#due.isDirect || firstRequest[stop + 1]! - request > 1) return false;
    const [file, first, end] = [requests.file[request]!, requests.first[request]!, requests.end[request]!];
    // Only what the program waits for; what it needs else may still be on its way.
    if (needs.file[stop] !== file || needs.first[stop]! < first || needs.end[stop]! > end) return false;
    return this.#requests.readAlone(file, first, end);
  }

  /** Computes, while others have had `othersNs` of that time. */
  #compute(cpuNs: number, othersNs: number): void {
    this.#due.ns += cpuNs - othersNs;
    if (this.#prober.isThere) this.#due.othersNs += othersNs;
  }

  *#sleep(waitNs: number): Flow {
    if (this.#due.begin()) yield this.#due.done;
    // What is still to the good was slept before the start.
    const ns = waitNs + Math.min(0, this.#due.ns);
    this.#due.ns = Math.min(0, this.#due.ns + waitNs);
    if (ns > 0) yield this.#node.host.sleep(ns);
  }

  *#lookup(name: string): Flow {
    this.#serve(this.#rootFs.lookupNs(name));
    if (!this.#rootFs.lookup) return;
    if (this.#due.begin()) yield this.#due.done;
    yield* this.#rootFs.lookup(name);
  }

  /** The node works for the program, as it did not in the warm start. */
  #serve(ns: number): void {
    this.#due.ns += ns;
    this.#due.othersNs += this.#prober.besideNs(ns);
  }

  #tellWaited(file: number, firstPage: number, end: number, fromNs: number): void {
    if (!this.#observer) return;
    const { path } = this.#program.files[file]!;
    const waited = { path: path!, firstPage, pages: end - firstPage };
    this.#observer.waited(waited, { fromNs, toNs: this.#node.engine.nowNs });
  }
}
