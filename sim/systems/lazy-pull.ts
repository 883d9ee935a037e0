import type { Flow } from '../engine/process.ts';
import type { Client, Node } from '../host/node.ts';
import type { Image } from './image.ts';

/**
 * Which manifest a tag is of. containerd's resolver makes a client of its own for that (core/remotes/docker/config,
 * ConfigureHosts: each time that it is asked for a registry's hosts), so what is fetched then needs another connection.
 */
export function* resolveTag(node: Node, tag: string): Flow {
  yield node.client().head(node.manifestPath(tag));
}

/** What containerd asks for before the first layer of a lazy image, whose manifest is as large as the plain one's. */
export function* pullHead(node: Node, client: Client, { plain }: Image): Flow {
  yield node.host.work(node.parameters.get('lazy-pull.operations'));
  yield* resolveTag(node, plain.tag);
  yield client.get(node.manifestPath(plain.digest));
  yield client.get(node.blobPath(plain.config.digest));
}

/** A layer that is not remote: downloaded and unpacked as in a plain pull. */
export function* pullNormally(
  node: Node,
  client: Client,
  digest: string,
  bytes: number,
  tarBytes: number,
): Flow {
  const { host, parameters } = node;
  const path = node.blobPath(digest);
  node.registry.put(path, bytes);
  yield client.get(path, [], parameters.get('fetch-cold.compressedBytes'));
  yield host.work(
    parameters.get('unpack.layers') +
      parameters.get('unpack.files') +
      parameters.get('unpack.compressedBytes') * bytes +
      parameters.get('unpack.bytes') * tarBytes,
  );
}

/** Layers that the snapshotter keeps: `Prepare` is answered with "already there", and nothing is fetched. */
export function* prepareRemote(node: Node, layers: number): Flow {
  yield node.host.work(node.parameters.get('unpack.layers') * layers);
}
