import type { Randomness } from '../engine/random.ts';
import type { HttpRequest } from '../net/http-request.ts';
import { dockerRegistry, type RegistryParameters } from '../net/registry.ts';
import { constantTime, spreadTime } from '../net/service-time.ts';
import { measured, type ParameterDefinition } from '../parameters/parameter.ts';
import type { Parameters } from '../parameters/parameters.ts';

export const registryParameters: readonly ParameterDefinition[] = [
  {
    name: 'registry.isOnHost',
    unit: '0 or 1',
    what: "whether the registry works on the node's processors, as in the VM",
    value: 1,
    max: 1,
    isInteger: true,
    source: { kind: 'chosen', why: 'as in the VM, so that the two can be compared' },
  },
  {
    name: 'registry.speed',
    unit: 'times the VM',
    what: 'how much faster the registry works than in the VM',
    value: 1,
    min: 0.001,
    source: { kind: 'chosen', why: 'as in the VM' },
  },
  {
    name: 'registry.serviceNs',
    unit: 'ns/request',
    what: 'what it works on each request before it answers; 0: what docker-registry was measured to, by what is asked for',
    value: 0,
    source: { kind: 'chosen', why: 'as in the VM' },
  },
  {
    name: 'registry.serviceSpread',
    unit: 'standard deviation of the logarithm',
    what: 'how much that differs from request to request, log-normal; drawn by the seed',
    value: 0,
    max: 5,
    source: { kind: 'chosen', why: 'as in the VM, where it hardly does' },
  },
  {
    name: 'registry.concurrentMax',
    unit: 'requests',
    what: 'how many it works on and sends at once, others wait; 0: no limit',
    value: 0,
    isInteger: true,
    source: { kind: 'read', where: 'docker-registry has no limit' },
  },
  {
    name: 'registry.requestsPerSecond',
    unit: 'requests/s',
    what: 'how many it lets in on average, others wait; 0: no limit',
    value: 0,
    source: { kind: 'read', where: 'docker-registry has no limit' },
  },
  {
    name: 'registry.requestBurst',
    unit: 'requests',
    what: 'how many may come at once before that holds',
    value: 1,
    min: 1,
    isInteger: true,
    source: { kind: 'chosen', why: 'evenly, if there is a limit' },
  },
  {
    name: 'registry.readBufferBytes',
    unit: 'bytes',
    what: 'what the registry reads of a blob from the start of a range on, however short the range is',
    value: 4 * 2 ** 20,
    min: 512,
    source: { kind: 'read', where: 'fileReaderBufferSize in distribution, registry/storage/filereader.go' },
  },
  measured('registry-head.requests', 'ns/request', 'a HEAD: client, network stacks and registry'),
  measured('registry-head-service.requests', 'ns/request', 'the same in the registry alone'),
  measured(
    'registry-manifest.requests',
    'ns/request',
    'a GET of a manifest: client, network stacks and registry',
  ),
  measured('registry-manifest-service.requests', 'ns/request', 'the same in the registry alone'),
  measured('registry-blob.requests', 'ns/request', 'a GET of a blob: client, network stacks and registry'),
  measured('registry-blob-service.requests', 'ns/request', 'the same in the registry alone'),
  measured('registry-blob.bytes', 'ns/byte', 'the same, for each byte that is sent'),
  measured(
    'registry-blob.readAheadBytes',
    'ns/byte',
    'the same, for each byte that the registry reads into its buffer',
  ),
  measured(
    'far-head.requests',
    'ns/request',
    'of a HEAD, what the client waits for if the registry is far away',
  ),
  measured('far-manifest.requests', 'ns/request', 'the same of a GET of a manifest'),
  measured('far-blob.requests', 'ns/request', 'the same of a GET of a blob'),
  measured(
    'far-blob.readAheadBytes',
    'ns/byte',
    'the same, for each byte that the registry reads into its buffer',
  ),
  measured('registry-cold.manifests', 'ns/manifest', 'more for what is asked for the first time: a manifest'),
  measured('registry-cold.blobs', 'ns/blob', 'the same: a blob'),
  measured('registry-cold.bytes', 'ns/byte', 'the same: a byte that the registry reads from its disk'),
];

/** docker-registry with the limits, and the service time, that the parameters say. */
export function registryOf(parameters: Parameters, randomness: Randomness): RegistryParameters {
  const limit = (name: string) => parameters.get(name) || Infinity;
  return {
    ...dockerRegistry,
    ...serviceTimes(parameters, randomness),
    concurrentMax: limit('registry.concurrentMax'),
    requestsPerSecond: limit('registry.requestsPerSecond'),
    requestBurst: parameters.get('registry.requestBurst'),
  };
}

function serviceTimes(
  parameters: Parameters,
  randomness: Randomness,
): Pick<RegistryParameters, 'serviceTime' | 'restTime'> {
  const constantNs = parameters.get('registry.serviceNs');
  const spread = parameters.get('registry.serviceSpread');
  const service = new DockerRegistryService(parameters);
  const time = constantNs > 0 ? constantTime(constantNs) : service.workNs.bind(service);
  return {
    serviceTime: spread > 0 ? spreadTime(time, spread, randomness.stream('registry service time')) : time,
    restTime: constantNs > 0 ? constantTime(0) : service.restNs.bind(service),
  };
}

/** What a request is, as far as its costs go. */
export type RequestKind = 'head' | 'manifest' | 'blob';

export function kindOf({ method, path }: HttpRequest): RequestKind {
  if (method === 'HEAD') return 'head';
  return path.includes('/manifests/') ? 'manifest' : 'blob';
}

/**
 * What docker-registry works on a request. A GET of a blob fills a buffer from the file, from where a range begins: cheap
 * when the pages are in the page cache, dear the first time.
 *
 * A client that is far away waits less than a near one does beside the same processor: a part of the work is done when
 * the answer is on its way.
 */
export class DockerRegistryService {
  readonly #speed: number;
  readonly #bufferBytes: number;
  /** Of a request: all of it, and what a near client waits for and a far one does not. */
  readonly #requestNs: Record<RequestKind, number>;
  readonly #restOfRequestNs: Record<RequestKind, number>;
  /** The same for each byte that is read ahead of a blob. */
  readonly #byteNs: number;
  readonly #restOfByteNs: number;
  /** More for what is asked for the first time. */
  readonly #coldNs: Readonly<{ manifest: number; blob: number; byte: number }>;
  /** By path: the ranges that were read before; none for a manifest. */
  readonly #known = new Map<string, ByteSet>();

  constructor(parameters: Parameters) {
    const cost = (name: string) => parameters.get(name);
    this.#speed = cost('registry.speed');
    this.#bufferBytes = cost('registry.readBufferBytes');
    this.#requestNs = forEachKind((kind) => cost(`registry-${kind}-service.requests`));
    this.#restOfRequestNs = forEachKind(
      (kind) => cost(`registry-${kind}.requests`) - cost(`far-${kind}.requests`),
    );
    this.#byteNs = cost('registry-blob.readAheadBytes');
    this.#restOfByteNs = this.#byteNs - cost('far-blob.readAheadBytes');
    this.#coldNs = {
      ...{ manifest: cost('registry-cold.manifests'), blob: cost('registry-cold.blobs') },
      byte: cost('registry-cold.bytes'),
    };
  }

  /**
   * Before the first byte of the answer; what is asked for is in memory then.
   *
   * @param bytes  of the resource, and of the answer's body
   */
  workNs(request: HttpRequest, resourceBytes: number, bodyBytes: number): number {
    const kind = kindOf(request);
    const known = this.#known.get(request.path);
    const read = known ?? new ByteSet();
    if (!known) this.#known.set(request.path, read);
    let ns = this.#requestNs[kind];
    if (kind !== 'blob') ns += known ? 0 : this.#coldNs.manifest;
    else {
      const from = firstByteOf(request);
      const end = this.#readEnd(from, resourceBytes, bodyBytes);
      ns += this.#byteNs * (end - from);
      ns += this.#coldNs.byte * read.add(from, end);
      ns += known ? 0 : this.#coldNs.blob;
    }
    return Math.max(0, ns / this.#speed - this.restNs(request, resourceBytes, bodyBytes));
  }

  /** After the answer is in the socket. */
  restNs(request: HttpRequest, resourceBytes: number, bodyBytes: number): number {
    const kind = kindOf(request);
    let ns = this.#restOfRequestNs[kind];
    if (kind === 'blob') {
      const from = firstByteOf(request);
      ns += this.#restOfByteNs * (this.#readEnd(from, resourceBytes, bodyBytes) - from);
    }
    return Math.max(0, ns) / this.#speed;
  }

  /** Behind the last byte that it has read of a blob when it has sent these. */
  #readEnd(from: number, resourceBytes: number, bodyBytes: number): number {
    const fills = Math.ceil(bodyBytes / this.#bufferBytes);
    return Math.min(from + fills * this.#bufferBytes, resourceBytes);
  }
}

function firstByteOf({ ranges }: HttpRequest): number {
  return ranges[0]?.first ?? 0;
}

function forEachKind(value: (kind: RequestKind) => number): Record<RequestKind, number> {
  return { head: value('head'), manifest: value('manifest'), blob: value('blob') };
}

/** A set of bytes, as ranges that do not touch. */
class ByteSet {
  #ranges: { from: number; end: number }[] = [];

  /** @returns how many were not in it before */
  add(from: number, end: number): number {
    let added = Math.max(0, end - from);
    let merged = { from, end };
    const apart: { from: number; end: number }[] = [];
    for (const range of this.#ranges) {
      if (range.end < from || range.from > end) apart.push(range);
      else {
        added -= Math.max(0, Math.min(range.end, end) - Math.max(range.from, from));
        merged = { from: Math.min(merged.from, range.from), end: Math.max(merged.end, range.end) };
      }
    }
    this.#ranges = [...apart, merged];
    return added;
  }
}
