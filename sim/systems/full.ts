import { all, type Flow } from '../engine/process.ts';
import type { Client, Node } from '../host/node.ts';
import { measured, type ParameterDefinition } from '../parameters/parameter.ts';
import type { Blob, Image } from './image.ts';
import { resolveTag } from './lazy-pull.ts';
import type { RootFs } from './rootfs.ts';
import type { Deployment, System } from './system.ts';

const parameters: readonly ParameterDefinition[] = [
  measured(
    'fetch-cold.operations',
    'ns/pull',
    'ctr image pull, its fetch: what does not depend on the image',
  ),
  measured('fetch-cold.layers', 'ns/layer', 'the same, for each layer'),
  measured('fetch-cold.compressedBytes', 'ns/compressed byte', 'the same: download, hash, content store'),
  measured('unpack.operations', 'ns/pull', 'its unpacking: what does not depend on the image'),
  measured('unpack.layers', 'ns/layer', 'the same, for each layer'),
  measured('unpack.files', 'ns/file', 'the same, for each file'),
  measured('unpack.compressedBytes', 'ns/compressed byte', 'the same: gunzip'),
  measured('unpack.bytes', 'ns/byte', 'the same: hash, write'),
  measured('run-cold.starts', 'ns/start', 'ctr run to the task-start event, on overlayfs'),
  measured('run-cold.layers', 'ns/layer', 'the same, for each layer'),
  measured(
    'pull-tick.ticks',
    'ns/tick',
    'between two ticks of its progress display: it ends its fetch at one',
  ),
  measured('pull-tick.operations', 'ns/pull', 'from its start until the display begins'),
  {
    name: 'full.imageScale',
    unit: 'times the recorded image',
    what: 'how large the layers are, for an image with more, or less, that no start needs',
    value: 1,
    min: 0.01,
    source: { kind: 'chosen', why: 'the recorded image' },
  },
];

/** The whole image is fetched, and unpacked for overlayfs, by `ctr image pull`. */
export const full: System = {
  id: 'full',
  title: 'Full image',
  parameters,
  *deploy(node: Node, image: Image): Flow<Deployment> {
    const { host } = node;
    yield* fetch(node, image);
    yield* untilTick(node);
    const cost = (name: string) => node.parameters.get(name);
    const scale = cost('full.imageScale');
    for (const { bytes, tarBytes, files } of image.plain.layers)
      yield host.work(
        cost('unpack.layers') +
          scale *
            (cost('unpack.files') * files +
              cost('unpack.compressedBytes') * bytes +
              cost('unpack.bytes') * tarBytes),
      );
    yield host.work(cost('unpack.operations'));
    return {
      rootFs: unpacked,
      run: () => host.doWork(cost('run-cold.starts') + cost('run-cold.layers') * image.plain.layers.length),
    };
  },
};

function* fetch(node: Node, { plain }: Image): Flow {
  const client = node.client();
  yield node.host.work(node.parameters.get('fetch-cold.operations'));
  yield* resolveTag(node, plain.tag);
  yield client.get(node.manifestPath(plain.digest));
  yield* all([
    fetchConfig(node, client, plain.config),
    ...plain.layers.map((layer) => fetchLayer(node, client, layer)),
  ]);
  client.closeIdle();
}

function* fetchConfig(node: Node, client: Client, { digest }: Blob): Flow {
  yield client.get(node.blobPath(digest));
}

/** Of a byte's cost, what writing and flushing it takes comes when the blob is complete. */
function* fetchLayer(node: Node, client: Client, { digest, bytes: recordedBytes }: Blob): Flow {
  const { host, parameters } = node;
  const bytes = Math.ceil(recordedBytes * parameters.get('full.imageScale'));
  const byteNs = parameters.get('fetch-cold.compressedBytes');
  const commitNs = Math.min(parameters.get('content-commit.bytes'), byteNs);
  node.registry.put(node.blobPath(digest), bytes);
  yield host.work(parameters.get('fetch-cold.layers'));
  yield client.get(node.blobPath(digest), [], byteNs - commitNs);
  yield host.work(commitNs * bytes);
}

/** The display begins when ctr does, and shows what it has as often. */
function* untilTick({ host, engine, parameters }: Node): Flow {
  const tickNs = parameters.get('pull-tick.ticks');
  const firstNs = parameters.get('pull-tick.operations');
  const ticks = Math.max(1, Math.ceil((engine.nowNs - firstNs) / tickNs));
  yield host.sleep(firstNs + ticks * tickNs - engine.nowNs);
}

/** Unpacking has left all files in the page cache, and their inodes in memory. */
const unpacked: RootFs = {
  isCached: true,
  largeFolios: false,
  requestPagesMax: 32,
  readAheadPages: () => 32,
  lookupNs: () => 0,
  openNs: () => 0,
  *read() {},
};
