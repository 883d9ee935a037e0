import { Process, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { Image } from './image.ts';
import { prepareRemote, pullHead, pullNormally } from './lazy-pull.ts';
import { NydusDaemon } from './nydus-daemon.ts';
import { nydusParameters as parameters } from './nydus-parameters.ts';
import { NydusErofs, NydusFuse } from './nydus-rootfs.ts';
import type { RootFs } from './rootfs.ts';
import type { Deployment, LowerSystem, Recording } from './system.ts';

/** RAFS v6 by nydusd: the names come with the pull, as one small layer; the data chunk by chunk. */
function nydusWith(
  id: string,
  title: string,
  mount: (node: Node, daemon: NydusDaemon) => RootFs,
): LowerSystem {
  return {
    id,
    title,
    parameters,
    *deploy(node: Node, image: Image, _: Recording, prepare?: () => void): Flow<Deployment> {
      const client = node.client();
      yield* pullHead(node, client, image);
      prepare?.();
      yield* prepareRemote(node, image.plain.layers.length);
      const entries = image.plain.layers.reduce((sum, layer) => sum + layer.entries, 0);
      const bootstrapBytes = Math.ceil(node.parameters.get('nydus.bootstrapEntryBytes') * entries);
      const compressedBytes = Math.ceil(bootstrapBytes * node.parameters.get('nydus.bootstrapRatio'));
      yield* pullNormally(
        node,
        client,
        `nydus-bootstrap@${image.plain.digest}`,
        compressedBytes,
        bootstrapBytes,
      );
      client.closeIdle();
      const daemon = new NydusDaemon(node, image);
      return {
        rootFs: mount(node, daemon),
        mount: () => mountBlobs(node, daemon),
        run: () => node.host.doWork(node.parameters.get('run-cold.starts')),
      };
    },
  };
}

/** Only now, with the container's snapshot, does the snapshotter wait for the bootstrap and start nydusd. */
function* mountBlobs({ host, parameters }: Node, daemon: NydusDaemon): Flow {
  yield host.sleep(parameters.get('nydus.bootstrapWaitNs'));
  const start = new Process(daemon.start());
  while (!start.hasEnded) yield host.sleep(parameters.get('nydus.statePollNs'));
}

export const nydus = nydusWith('nydus', 'Nydus (FUSE)', (...of) => new NydusFuse(...of));
export const nydusErofs = nydusWith(
  'nydus-erofs',
  'Nydus (EROFS over fscache)',
  (...of) => new NydusErofs(...of),
);
