import { withLink } from '../../sim/net/link-parameters.ts';
import { kernelOf } from '../../sim/pagecache/kernel.ts';
import { Parameters } from '../../sim/parameters/parameters.ts';
import type { Scenario } from '../../sim/start/simulate.ts';
import { systemsNamed } from '../../sim/input/systems-named.ts';
import { parameterDefinitions } from '../../sim/systems/index.ts';
import type { Image, ImageFile } from '../../sim/systems/image.ts';
import { columnsOf } from '../../sim/workload/program.ts';
import { StepTable, stepKind, type StepKind } from '../../sim/workload/steps.ts';

const kernelRelease = '6.12.0-test';
const net = { rttNs: 1e6, rateBps: 1e9, lossRatio: 0 };
const chunkBytes = 4 << 20;
const sizes = [6 << 20, 1 << 20];

/** A value for every measured parameter, which no measurement changes: 1 ns a byte, 1 ms of anything else. */
export const inventedCalibration: ReadonlyMap<string, number> = new Map(
  parameterDefinitions
    .filter(({ source }) => source.kind === 'measured')
    .map(({ name, unit }) => [name, unit.startsWith('ns/ns') ? 0.1 : unit.endsWith('byte') ? 1 : 1e6]),
);

/** A small start that depends on no recording: two files of one layer are read and touched, a millisecond a step. */
export function syntheticScenario(systemId: string): Scenario {
  const parameters = withLink(Parameters.of(parameterDefinitions, inventedCalibration), net);
  const files = [file(0, '/bin/server'), file(1, '/lib/library.so')];
  const steps = new StepTable();
  const open = (of: number) => at(steps, stepKind.open, of);
  const read = (of: number, position: number) => {
    const step = at(steps, stepKind.read, of);
    steps.posBytes[step] = position;
    steps.countBytes[step] = 4096;
  };
  open(0);
  for (const position of [0, 4096]) read(0, position);
  open(1);
  for (const position of [0, 512 << 10]) read(1, position);
  steps.finish();
  const noTime = { cpuNs: 0, othersNs: 0, waitNs: 0 };
  const zeros = () => new Float64Array(steps.length);
  const [system] = systemsNamed([systemId]);
  return {
    ...{ system: system!, net, parameters, seed: 'test' },
    image: image(files),
    kernel: kernelOf(kernelRelease)!,
    program: {
      ...columnsOf(steps),
      ...{ kernelRelease, paths: [], adopted: [], threads: 1, isTimed: true },
      files: files.map(({ path, bytes }, i) => ({
        ...{ dev: 1, ino: 10 + i, path, bytes, ofImage: true, isDevice: false, recorded: undefined },
      })),
      ...{ steps: steps.length, prelude: 1, readySteps: steps.length },
      ...{ cpuNs: zeros().fill(1e6), othersNs: zeros(), waitNs: zeros() },
      dependsOn: new Int32Array(steps.length).fill(-1),
      ...{ preludeTail: noTime, tail: { ...noTime, cpuNs: 1e6 }, releaseToRunningNs: 0, runningToReadyNs: 0 },
      aligned: { accesses: { steps: 0, aligned: 0 }, touches: { steps: 0, aligned: 0 } },
    },
  };
}

/** A step of a file, which is open under the same number. */
function at(steps: StepTable, kind: StepKind, of: number): number {
  const step = steps.add(kind, 0, 0);
  steps.file[step] = of;
  steps.openFile[step] = of;
  steps.inodeBytes[step] = sizes[of]!;
  return step;
}

function file(id: number, path: string): ImageFile {
  const bytes = sizes[id]!;
  const chunks = Array.from({ length: Math.ceil(bytes / chunkBytes) }, (_, i) => ({
    position: i * chunkBytes,
    bytes: Math.min(chunkBytes, bytes - i * chunkBytes),
    offset: 1000 + id * (4 << 20) + i * (1 << 20),
    compressedBytes: 1 << 20,
  }));
  return { id, path, bytes, layer: 0, chunks };
}

function image(files: readonly ImageFile[]): Image {
  const bytes = 8 << 20;
  const layer = { digest: 'sha256:1a7e4', bytes, tarBytes: 2 * bytes, files: files.length, entries: 5 };
  const manifest = { digest: 'sha256:3a91f', bytes: 500, config: { digest: 'sha256:c0f1', bytes: 900 } };
  const stargz = { tocOffset: bytes - 5000, tocBytes: 9000, prefetchBytes: 0 };
  return {
    name: 'synthetic',
    readiness: 'exit',
    regularFiles: () => files,
    folder: () => ({ entries: files }),
    plain: { ...manifest, tag: 'latest', layers: [layer] },
    estargz: { ...manifest, tag: 'estargz', layers: [{ ...layer, ...stargz }] },
    files: files.length,
    file: (path) => files.find((known) => known.path === path),
    lookup: () => ({ found: 1, missing: 0, isFolder: false, entries: 1 }),
  };
}
