import { readRegistryLog } from '../../guest/start.ts';
import { blobBytes, sum, type Quantities } from './samples.ts';

export const requestLog = '/run/trio/requests.ndjson';

/** The registry reads a blob through a buffer of this size, which it fills from where an answer begins. */
const readAhead = 4 * 2 ** 20;
/** What the stargz snapshotter fetches and keeps a layer in (its default, in bytes). */
const pieceBytes = 50_000;

export interface Request {
  readonly atNs: number;
  readonly endNs: number;
  readonly method: string;
  readonly path: string;
  readonly range: string;
  readonly status: number;
  readonly bytes: number;
}

/** Tells from the registry's log what it did, as quantities of the series `registry-…`. */
export class RegistryLog {
  #read = 0;
  /** Blob → ranges of it that the registry's page cache holds. */
  readonly #cached = new Map<string, [number, number][]>();

  /** Forgets what was asked for, as the registry's page cache has. */
  dropped(): void {
    this.#read = requests().length;
    this.#cached.clear();
  }

  /** What was answered since the last call, up to `untilNs`. */
  take(untilNs = Infinity): { quantities: Quantities; pieces: number } {
    const added = requests().slice(this.#read);
    const until = added.filter(({ endNs }) => endNs <= untilNs);
    this.#read += until.length;
    return {
      quantities: sum(...until.map((request) => this.#quantities(request))),
      pieces: until.reduce(
        (pieces, { path, bytes }) => pieces + (isBlob(path) ? Math.ceil(bytes / pieceBytes) : 0),
        0,
      ),
    };
  }

  #quantities({ method, path, range, bytes }: Request): Quantities {
    const known = this.#cached.has(path);
    const cached = this.#cached.get(path) ?? [];
    this.#cached.set(path, cached);
    if (!isBlob(path) || method === 'HEAD') {
      const kind = method === 'HEAD' ? 'registry-head' : 'registry-manifest';
      return { [`${kind}.requests`]: 1, ...(known ? {} : { 'registry-cold.manifests': 1 }) };
    }
    const [from, to] = readRange({ path, range, bytes });
    const missing = gaps(cached, from, to);
    cached.push([from, to]);
    return {
      'registry-blob.requests': 1,
      'registry-blob.bytes': bytes,
      'registry-blob.readAheadBytes': to - from,
      'registry-cold.bytes': missing,
      ...(known ? {} : { 'registry-cold.blobs': 1 }),
    };
  }
}

/** What the registry reads of a blob to answer a request. */
export function readRange(request: Pick<Request, 'path' | 'range' | 'bytes'>): [from: number, to: number] {
  const { path, range, bytes } = request;
  const size = blobBytes.get(path.slice(path.lastIndexOf('/') + 1));
  if (size === undefined) throw new Error(`an unknown blob: ${path}`);
  const from = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
  return [from, Math.min(from + Math.ceil(bytes / readAhead) * readAhead, size)];
}

export function isBlob(path: string): boolean {
  return path.includes('/blobs/');
}

/** All requests since the guest booted. */
export function requests(): Request[] {
  return readRegistryLog(requestLog)
    .lines.filter((line) => line.includes('"method"'))
    .map((line) => JSON.parse(line) as Request);
}

/** How much of [from, to) is in none of the ranges. */
function gaps(ranges: readonly (readonly [number, number])[], from: number, to: number): number {
  let missing = 0;
  let at = from;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (end <= at) continue;
    if (start >= to) break;
    missing += Math.max(0, Math.min(start, to) - at);
    at = end;
  }
  return missing + Math.max(0, to - at);
}
