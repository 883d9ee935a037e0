import { readdirSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { Engine } from '../../sim/engine/engine.ts';
import { HttpPool } from '../../sim/net/http-pool.ts';
import type { HttpRequest } from '../../sim/net/http-request.ts';
import { Link } from '../../sim/net/link.ts';
import { linuxTcp } from '../../sim/net/parameters.ts';
import { type LoggedRequest, Registry } from '../../sim/net/registry.ts';
import { parseNetwork } from '../../trio/network/profile.ts';

/** A recorded start: what the registry logged and what the link carried. */
export interface RecordedStart {
  readonly name: string;
  readonly profile: string;
  readonly system: string;
  readonly requests: readonly LoggedRequest[];
  readonly net: { rxBytes: number; rxPackets: number; txBytes: number; txPackets: number };
}

const golden = new URL('../../golden/', import.meta.url);

/** All starts in golden/ that have both figures and a log of requests. */
export function recordedStarts(): RecordedStart[] {
  const starts: RecordedStart[] = [];
  for (const path of readdirSync(golden, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const match = /^(.*)\/requests-([^-]+)-(.*)\.ndjson\.zst$/.exec(path);
    if (!match) continue;
    const [, folder, profile, system] = match;
    const figures = JSON.parse(
      readFileSync(new URL(`${folder}/figures-${profile}.json`, golden), 'utf8'),
    ) as { results: { system: string; net: RecordedStart['net']; registry: { requests: number } }[] };
    const { net, registry } = figures.results.find((result) => result.system === system)!;
    const requests = zstdDecompressSync(readFileSync(new URL(path, golden)))
      .toString()
      .trim()
      .split('\n')
      // Of crfs, the background fetch goes on.
      .slice(0, registry.requests)
      .map((line) => JSON.parse(line) as LoggedRequest)
      .toSorted((a, b) => a.atNs - b.atNs);
    starts.push({
      name: `${folder} ${system} on ${profile}`,
      profile: profile!,
      system: system!,
      requests,
      net,
    });
  }
  return starts;
}

/**
 * The same requests through the model, each asked so that it comes to the registry when it did in the VM. When that is
 * depends on whether a connection was free, which depends on the others: a few passes agree on it.
 */
export function replayRequests({ profile, requests }: RecordedStart): {
  link: Link;
  log: readonly LoggedRequest[];
  /** When the last answer is there, to its last byte. */
  lastAnswerNs: number;
} {
  const askNs = requests.map(({ atNs }) => atNs);
  for (let pass = 0; ; pass++) {
    const engine = new Engine();
    const link = new Link(engine, parseNetwork(profile));
    const registry = new Registry(engine);
    const pools = new Map<string, HttpPool>();
    const poolOf = (request: LoggedRequest) => {
      const client = clientOf(request);
      const pool = pools.get(client) ?? new HttpPool(engine, linuxTcp, link, registry);
      pools.set(client, pool);
      return pool;
    };
    const layers = new Set(requests.filter(({ range }) => range !== '').map(({ path }) => path));
    /** The snapshotter's client for a layer, or the one that pulls. */
    const clientOf = ({ path }: LoggedRequest) => (layers.has(path) ? path : '');
    const source = engine.source();
    let lastAnswerNs = 0;
    const actor = {
      receive(signal: number, index: number): void {
        const request = requests[index]!;
        if (signal === 0) poolOf(request).request(requestOf(request), actor, 1, index);
        else lastAnswerNs = engine.nowNs;
      },
    };
    for (const { path, bytes, range } of requests) registry.put(path, range === '' ? bytes : 2 ** 40);
    for (const [index, ns] of askNs.entries()) engine.at(Math.max(0, ns), source, actor, 0, index);
    engine.run();
    const log = registry.log.toSorted((a, b) => a.atNs - b.atNs);
    if (pass === 2) return { link, log, lastAnswerNs };
    // A request may be there twice: the first of the log belongs to the first.
    const left = [...log];
    for (const [index, request] of requests.entries()) {
      const [same] = left.splice(
        left.findIndex((other) => key(other) === key(request)),
        1,
      );
      askNs[index]! -= same!.atNs - request.atNs;
    }
  }
}

function key({ method, path, range }: LoggedRequest): string {
  return `${method} ${path} ${range}`;
}

function requestOf({ method, path, range }: LoggedRequest): HttpRequest {
  const ranges = [...range.matchAll(/(\d+)-(\d+)/g)].map(([, first, last]) => ({
    first: Number(first),
    last: Number(last),
  }));
  return { method, path, ranges };
}
