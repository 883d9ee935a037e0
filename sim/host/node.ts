import type { Engine } from '../engine/engine.ts';
import type { Randomness } from '../engine/random.ts';
import type { ByteRange } from '../net/byte-range.ts';
import { goTransport, HttpPool, type HttpPoolParameters } from '../net/http-pool.ts';
import { Link, type LinkSettings } from '../net/link.ts';
import { linuxTcp } from '../net/parameters.ts';
import { Registry } from '../net/registry.ts';
import type { Parameters } from '../parameters/parameters.ts';
import type { Image } from '../systems/image.ts';
import { CpuReader } from './cpu-reader.ts';
import { Host } from './host.ts';
import { kindOf, registryOf } from './registry-service.ts';
import type { HttpRequest } from '../net/http-request.ts';
import type { Wait } from '../engine/completion.ts';
import { Process, type Flow } from '../engine/process.ts';

/** A node, the registry, and the line between them. */
export class Node {
  readonly engine: Engine;
  readonly host: Host;
  readonly link: Link;
  readonly registry: Registry;
  readonly parameters: Parameters;
  readonly random: Randomness;
  /** Of the image's repository. */
  readonly #repository: string;

  constructor(engine: Engine, net: LinkSettings, parameters: Parameters, image: Image, random: Randomness) {
    this.engine = engine;
    this.parameters = parameters;
    this.random = random;
    this.#repository = image.name;
    this.host = new Host(engine, parameters.get('host.cores'), parameters.get('host.speed'));
    const loss = net.lossRatio > 0 ? random.stream('network loss') : undefined;
    this.link = new Link(engine, net, loss, parameters.get('host.resolvesRegistry') === 1);
    const isOnHost = parameters.get('registry.isOnHost') === 1;
    const cores = isOnHost ? this.host.cores : undefined;
    this.registry = new Registry(engine, registryOf(parameters, random), cores);
    for (const { tag, digest, bytes, config, layers } of [image.plain, image.estargz]) {
      this.registry.put(this.manifestPath(tag), bytes);
      this.registry.put(this.manifestPath(digest), bytes);
      for (const blob of [config, ...layers]) this.registry.put(this.blobPath(blob.digest), blob.bytes);
    }
  }

  /** Connections of one program. */
  client(parameters: HttpPoolParameters = goTransport): Client {
    return new Client(this, new HttpPool(this.engine, linuxTcp, this.link, this.registry, parameters));
  }

  blobPath(digest: string): string {
    return `/v2/${this.#repository}/blobs/${digest}`;
  }

  manifestPath(reference: string): string {
    return `/v2/${this.#repository}/manifests/${reference}`;
  }
}

/** One program's HTTP client. */
export class Client {
  readonly #node: Node;
  readonly #pool: HttpPool;

  constructor(node: Node, pool: HttpPool) {
    this.#node = node;
    this.#pool = pool;
  }

  head(path: string): Wait {
    return this.#request({ method: 'HEAD', path, ranges: [] }, 0);
  }

  /**
   * Waits for all of a body.
   *
   * @param ranges     none: all of the resource
   * @param nsPerByte  what the program works on each byte as it reads it, beside receiving it
   * @param onRead     told how much of the answer is still to be read, each time that some of it was
   */
  get(
    path: string,
    ranges: readonly ByteRange[] = [],
    nsPerByte = 0,
    onRead?: (leftBytes: number) => void,
  ): Wait {
    return this.#request({ method: 'GET', path, ranges }, nsPerByte, onRead);
  }

  /** The client's own work, and the two network stacks', is what a request takes beyond the registry's. */
  #request(request: HttpRequest, nsPerByte: number, onRead?: (leftBytes: number) => void): Wait {
    const { host, parameters } = this.#node;
    const cost = (name: string) => parameters.get(name);
    const kind = kindOf(request);
    const ownNs = cost(`registry-${kind}.requests`) - cost(`registry-${kind}-service.requests`);
    const byteNs = host.costNs(nsPerByte + cost('registry-blob.bytes'));
    const isRead = kind === 'blob' && (byteNs > 0 || onRead !== undefined);
    const reader = isRead ? new CpuReader(host.cores, byteNs, onRead) : undefined;
    return (actor, signal, arg) =>
      new Process(this.#workAndSend(Math.max(0, ownNs), request, reader)).end(actor, signal, arg);
  }

  *#workAndSend(ownNs: number, request: HttpRequest, reader: CpuReader | undefined): Flow {
    yield this.#node.host.work(ownNs);
    yield (actor, signal, arg) => this.#pool.request(request, actor, signal, arg, reader);
  }

  closeIdle(): void {
    this.#pool.closeIdle();
  }
}
