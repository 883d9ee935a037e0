import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import type { FairServer } from '../engine/fair-server.ts';
import { Semaphore } from '../engine/semaphore.ts';
import { type Answer, answerTo, rangeText } from './byte-range.ts';
import type { Connection } from './connection.ts';
import type { HttpRequest } from './http-request.ts';
import { constantTime, type ServiceTime } from './service-time.ts';
import type { Writing } from './sender.ts';

export interface RegistryParameters {
  /**
   * Work on a request before the first byte of its answer. Default 4 ms: what the registry's own log shows for HEAD of a
   * blob on the VM's CPU (median of golden's requests-*.ndjson; quarter to quarter 3.7 to 4.1 ms without other load).
   */
  readonly serviceTime: ServiceTime;
  /** Work on a request after its answer is in the socket. Default: none. */
  readonly restTime: ServiceTime;
  /** Requests worked on at once, those being sent included. Default: no limit, as docker-registry has none. */
  readonly concurrentMax: number;
  /** Requests a second, on average; those beyond wait. Default: no limit. */
  readonly requestsPerSecond: number;
  /** Requests that may come at once before that holds. */
  readonly requestBurst: number;
  /**
   * How it writes a body. Default 32 KiB at a time, io.Copy's buffer (read in Go's io and net/http; docker-registry's
   * reader is no file, so there is no sendfile), at no cost: copying is the host's.
   */
  readonly writing: Writing;
  /** Status line and headers of an answer, bytes. Measured: received less bodies and headers of packets, per request. */
  readonly headerBytes: number;
  /** Boundary and header of a part of a multi-range answer, bytes. Computed from Go's mime/multipart: 64 + about 110. */
  readonly partBytes: number;
}

export const dockerRegistry: RegistryParameters = {
  serviceTime: constantTime(4e6),
  restTime: constantTime(0),
  concurrentMax: Infinity,
  requestsPerSecond: Infinity,
  requestBurst: 1,
  writing: { bytes: 32 * 1024, everyNs: 0 },
  headerBytes: 385,
  partBytes: 174,
};

/** A line of the registry's log, as the VM's registry writes it. */
export interface LoggedRequest {
  /** When the request was there, and when the last byte of the answer was in the socket. */
  readonly atNs: number;
  readonly endNs: number;
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly range: string;
  readonly status: number;
  /** Of the body, as the registry wrote it. */
  readonly bytes: number;
}

/** A request that is worked on. */
interface Work {
  readonly request: HttpRequest;
  readonly connection: Connection;
  readonly answer: Answer;
  readonly atNs: number;
}

const begins = 0;
const hasWorker = 1;
const isServed = 2;
const isWritten = 3;
const isDone = 4;

/** The registry at the other end of a link. It knows the sizes of what it has, not the content. */
export class Registry implements Actor {
  readonly parameters: RegistryParameters;
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #workers: Semaphore | undefined;
  readonly #cores: FairServer | undefined;
  readonly #resources = new Map<string, number>();
  /** By number, which events carry. */
  readonly #works: (Work | undefined)[] = [];
  /** Throttling: the first time at which another request may begin. */
  #nextBeginNs = -Infinity;
  /** In the order of their ends. */
  readonly log: LoggedRequest[] = [];

  /** @param cores  that work on requests, if it shares them; without, each request is worked on at once */
  constructor(engine: Engine, parameters: RegistryParameters = dockerRegistry, cores?: FairServer) {
    const { concurrentMax, requestsPerSecond, requestBurst } = parameters;
    if (!(requestsPerSecond > 0 && requestBurst >= 1))
      throw new Error('a registry must answer some requests a second, and one at once');
    this.parameters = parameters;
    this.#engine = engine;
    this.#source = engine.source();
    this.#cores = cores;
    this.#workers = concurrentMax === Infinity ? undefined : new Semaphore(engine, concurrentMax);
  }

  /** @param path  as in the log, e.g. `/v2/nginx/blobs/sha256:…` */
  put(path: string, bytes: number): void {
    this.#resources.set(path, bytes);
  }

  /** What a request will get: the sizes are known before the work is done. */
  answer({ path, ranges }: HttpRequest): Answer {
    const bytes = this.#resources.get(path);
    return bytes === undefined
      ? { status: 404, bodyBytes: 0 }
      : answerTo(bytes, ranges, this.parameters.partBytes);
  }

  /** A request is there; its answer goes down its connection. */
  take(request: HttpRequest, connection: Connection): void {
    const work = { request, connection, answer: this.answer(request), atNs: this.#engine.nowNs };
    const number = this.#works.push(work) - 1;
    this.#engine.at(this.#beginNs(), this.#source, this, begins, number);
  }

  receive(signal: number, number: number): void {
    const { request, connection, answer, atNs } = this.#works[number]!;
    const bodyBytes = request.method === 'HEAD' ? 0 : answer.bodyBytes;
    const { serviceTime, restTime, headerBytes, writing } = this.parameters;
    const resourceBytes = this.#resources.get(request.path) ?? 0;
    if (signal === begins && this.#workers) this.#workers.acquire(this, hasWorker, number);
    else if (signal === begins || signal === hasWorker) {
      this.#work(serviceTime(request, resourceBytes, bodyBytes), isServed, number);
    } else if (signal === isServed) {
      connection.down.send(headerBytes + bodyBytes, writing, this, isWritten, number);
    } else if (signal === isDone) {
      this.#works[number] = undefined;
      this.#workers?.release();
    } else {
      this.#work(restTime(request, resourceBytes, bodyBytes), isDone, number);
      const { method, path, ranges } = request;
      const { status } = answer;
      const endNs = this.#engine.nowNs;
      // It writes the body of a manifest also for HEAD, and counts it; net/http throws it away.
      const bytes = path.includes('/manifests/') ? answer.bodyBytes : bodyBytes;
      this.log.push({ atNs, endNs, method, path, range: rangeText(ranges), status, bytes });
    }
  }

  #work(ns: number, done: number, number: number): void {
    if (this.#cores) this.#cores.serve(ns, this, done, number);
    else this.#engine.after(Math.round(ns), this.#source, this, done, number);
  }

  /** When a request that comes now may begin: a bucket of tokens, kept as the time of the next one. */
  #beginNs(): number {
    const { requestsPerSecond, requestBurst } = this.parameters;
    const { nowNs } = this.#engine;
    if (requestsPerSecond === Infinity) return nowNs;
    const everyNs = 1e9 / requestsPerSecond;
    const beginNs = Math.max(this.#nextBeginNs, nowNs - (requestBurst - 1) * everyNs);
    this.#nextBeginNs = beginNs + everyNs;
    return Math.max(nowNs, Math.ceil(beginNs));
  }
}
