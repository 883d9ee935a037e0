import { Process, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { ParameterDefinition } from '../parameters/parameter.ts';
import { crfs } from './crfs.ts';
import type { Image } from './image.ts';
import { nydus } from './nydus.ts';
import { runtimeImageOf, type RuntimeImage } from './runtime-image.ts';
import type { Deployment, LowerSystem, Recording, System } from './system.ts';
import { TrioRootFs } from './trio-rootfs.ts';

const format = { kind: 'read', where: 'trio/image/FORMAT.md' } as const;
const bytes = { unit: 'bytes', isInteger: true, source: format } as const;

const parameters: readonly ParameterDefinition[] = [
  { name: 'trio.headerBytes', what: 'header of the metadata', value: 208, ...bytes },
  { name: 'trio.layerBytes', what: 'metadata of a layer', value: 64, ...bytes },
  { name: 'trio.inodeBytes', what: 'metadata of an inode', value: 64, ...bytes },
  { name: 'trio.nameBytes', what: 'metadata of a name in a layer, without the name', value: 12, ...bytes },
  { name: 'trio.extentBytes', what: 'metadata of an extent', value: 16, ...bytes },
  {
    name: 'trio.lookupNs',
    unit: 'ns/lookup',
    what: 'a lookup that the metadata answer',
    value: 3000,
    source: {
      kind: 'inferred',
      why: "a bisection and a new inode: less than a block file system's read of a cold page, of which it does no part",
    },
  },
];

/**
 * TrIO's snapshotter, stacked on another one: gets the runtime image beside the other's pull, and puts it before the
 * other's file system.
 */
function trioOn(lower: LowerSystem, id: string, title: string): System {
  return {
    id,
    title,
    parameters,
    *deploy(node: Node, image: Image, recording: Recording): Flow<Deployment> {
      const runtimeImage = runtimeImageOf(image, recording, node.parameters);
      let fetching: Process | undefined;
      const deployment = yield* lower.deploy(node, image, recording, () => {
        fetching = new Process(fetch(node, image, runtimeImage));
      });
      return {
        rootFs: new TrioRootFs(node, runtimeImage, deployment.rootFs),
        mount: () => mount(node, runtimeImage, fetching, deployment),
        run: () => deployment.run(),
      };
    },
  };
}

function* mount(
  { host, parameters: values }: Node,
  { dataPages }: RuntimeImage,
  fetching: Process | undefined,
  lower: Deployment,
): Flow {
  // The mount waits for all of it, however much of it the start needs at first.
  if (fetching) yield fetching.end;
  yield host.work(values.get('read-cached.pages') * dataPages);
  if (lower.mount) yield* lower.mount();
}

/** Two plain GETs, one after the other; what comes is hashed and kept in a file. */
function* fetch(node: Node, image: Image, { metaBytes, dataBytes }: RuntimeImage): Flow {
  const nsPerByte = node.parameters.get('sha256.bytes') + node.parameters.get('content-commit.bytes');
  const client = node.client();
  for (const [part, size] of [
    ['meta', metaBytes],
    ['data', dataBytes],
  ] as const) {
    const path = node.blobPath(`trio_${part}@${image.plain.digest}`);
    node.registry.put(path, size);
    yield client.get(path, [], nsPerByte);
  }
  client.closeIdle();
}

export const trio: System = trioOn(crfs, 'trio', 'TrIO on CRFS');
export const trioNydus: System = trioOn(nydus, 'trio-nydus', 'TrIO on Nydus');
