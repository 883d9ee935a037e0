import { Engine } from '../../sim/engine/engine.ts';
import { Process, type Flow } from '../../sim/engine/process.ts';
import { Randomness } from '../../sim/engine/random.ts';
import { Node } from '../../sim/host/node.ts';
import type { LoggedRequest } from '../../sim/net/registry.ts';
import { Parameters } from '../../sim/parameters/parameters.ts';
import { parameterDefinitions } from '../../sim/systems/index.ts';
import type { Image } from '../../sim/systems/image.ts';
import type { RootFs } from '../../sim/systems/rootfs.ts';
import type { Recording, System } from '../../sim/systems/system.ts';

/** What the tests say that a micro-benchmark has measured: 1 ns for each of anything, but for a request's bytes. */
const measured = new Map(
  parameterDefinitions
    .filter(({ source }) => source.kind === 'measured')
    .map(({ name }) => [
      name,
      ['registry-blob.bytes', 'registry-blob.readAheadBytes', 'registry-cold.bytes'].includes(name) ? 0 : 1,
    ]),
);

export interface Started {
  readonly deployedNs: number;
  readonly runningNs: number;
  readonly readyNs: number;
  readonly busyNs: number;
  /** In the order in which the registry got them. */
  readonly requests: readonly LoggedRequest[];
}

export interface StartSettings {
  readonly set?: Iterable<readonly [name: string, value: number]>;
  readonly rttNs?: number;
  readonly lossRatio?: number;
  readonly seed?: string;
  readonly recording?: Recording;
}

export const nothingRecorded: Recording = { runs: [], lookups: [] };

/** Starts the image and then does what `program` does with the mounted file system; what comes later is left out. */
export function startSystem(
  system: System,
  image: Image,
  program: (rootFs: RootFs, node: Node) => Flow,
  { set = [], rttNs = 1e6, lossRatio = 0, seed = 'test', recording = nothingRecorded }: StartSettings = {},
): Started {
  const engine = new Engine();
  const parameters = Parameters.of(parameterDefinitions, measured).with(set);
  const net = { rttNs, rateBps: 1e9, lossRatio };
  const node = new Node(engine, net, parameters, image, new Randomness(seed));
  const times: number[] = [];
  const start = new Process(
    (function* (): Flow {
      const deployment = yield* system.deploy(node, image, recording);
      times.push(engine.nowNs);
      if (deployment.mount) yield* deployment.mount();
      yield* deployment.run();
      times.push(engine.nowNs);
      yield* program(deployment.rootFs, node);
      times.push(engine.nowNs);
      engine.stop();
    })(),
  );
  engine.run();
  if (!start.hasEnded) throw new Error('the start waits for something that never comes');
  const [deployedNs = 0, runningNs = 0, readyNs = 0] = times;
  const requests = node.registry.log.toSorted((a, b) => a.atNs - b.atNs);
  return { deployedNs, runningNs, readyNs, busyNs: node.host.busyNs, requests };
}

/** Reads all of some files, so many pages at a time, one after the other. */
export function* readFiles(rootFs: RootFs, image: Image, paths: readonly string[], pagesAtOnce = 32): Flow {
  for (const path of paths) {
    const file = image.file(path)!;
    const end = Math.ceil(file.bytes / 4096);
    for (let page = 0; page < end; page += pagesAtOnce)
      yield* rootFs.read(file, page, Math.min(pagesAtOnce, end - page));
  }
}

/** `GET blobs/sha256:… bytes=0-1`, without what all paths begin with. */
export function requestLines(requests: readonly LoggedRequest[]): string[] {
  return requests.map(({ method, path, range }) =>
    `${method} ${path.split('/').slice(3).join('/')} ${range}`.trimEnd(),
  );
}
