import { all, Process, type Flow } from '../engine/process.ts';
import { GoProgram } from '../host/go-program.ts';
import type { Node } from '../host/node.ts';
import { pageBytes } from '../pagecache/page.ts';
import { measured, type ParameterDefinition } from '../parameters/parameter.ts';
import type { Image, ImageFile } from './image.ts';
import { resolveTag } from './lazy-pull.ts';
import type { RootFs } from './rootfs.ts';
import { StargzBackground } from './stargz-background.ts';
import { StargzLayer } from './stargz-layer.ts';
import type { Deployment, LowerSystem, Recording } from './system.ts';

const parameters: readonly ParameterDefinition[] = [
  measured('lazy-pull.operations', 'ns/pull', 'ctr-remote image rpull: what does not depend on the image'),
  measured('lazy-pull.layers', 'ns/layer', 'the same, for each layer'),
  measured('lazy-pull.entries', 'ns/entry', 'the same, for each entry of a table of contents'),
  measured('lazy-pull.tocBytes', 'ns/byte', 'the same, for each byte of a table of contents'),
  measured(
    'run-cold-crfs.layers',
    'ns/layer',
    'ctr run to the task-start event, on the stargz snapshotter: for each layer',
  ),
  measured('run-cold-crfs.starts', 'ns/start', 'ctr run to the task-start event, on the stargz snapshotter'),
  measured('stargz-chunk.chunks', 'ns/chunk', 'have a chunk: what does not depend on its size'),
  measured('stargz-piece.pieces', 'ns/piece of 50 kB', 'take a piece from an answer and put it in a file'),
  measured('stargz-chunk.compressedBytes', 'ns/compressed byte', 'the same: gunzip'),
  measured('stargz-chunk.bytes', 'ns/byte', 'the same, for each byte of the file'),
  measured('fuse-read.reads', 'ns/read', 'a FUSE read of what the snapshotter has on its disk'),
  measured('fuse-read.pages', 'ns/page', 'the same, for each page'),
  measured('overlay-lookup.lookups', 'ns/lookup', 'a lookup in an overlay, beside what it asks its layers'),
  measured('overlay-folder.folders', 'ns/folder', 'the same of a folder'),
  measured(
    'overlay-folder.layers',
    'ns/layer',
    'the same, for each layer that has the folder: whether it is opaque',
  ),
  measured('overlay-open.opens', 'ns/open', 'open and close a file in an overlay of FUSE'),
  measured('fuse-negative.lookups', 'ns/lookup', 'a FUSE lookup of a name that is not there'),
  measured('fuse-lookup.entries', 'ns/entry', 'a FUSE lookup, for each entry of the folder'),
  measured('fuse-lookup.lookups', 'ns/lookup', 'a FUSE lookup'),
  {
    name: 'stargz.regionBytes',
    unit: 'bytes',
    what: 'granule of what is fetched of a blob',
    value: 50_000,
    min: 512,
    isInteger: true,
    source: { kind: 'read', where: 'stargz-snapshotter fs/config/config.go, blob.chunk_size' },
  },
  {
    name: 'stargz.readBufferBytes',
    unit: 'bytes',
    what: 'what the decompressor reads of a blob at once',
    value: 2 * 2 ** 20,
    min: 4096,
    isInteger: true,
    source: { kind: 'read', where: 'stargz-snapshotter estargz/estargz.go, maxGZread in fileReader.ReadAt' },
  },
  {
    name: 'stargz.footerBytes',
    unit: 'bytes',
    what: 'footer of a blob, which says where its table of contents is',
    value: 51,
    min: 1,
    max: 4096,
    isInteger: true,
    source: { kind: 'read', where: 'stargz-snapshotter estargz/types.go, FooterSize' },
  },
  {
    name: 'stargz.backgroundTasks',
    unit: 'tasks',
    what: 'reads of blobs that the background fetch is at together; 0: no background fetch',
    value: 2,
    isInteger: true,
    source: {
      kind: 'read',
      where: 'stargz-snapshotter fs/fs.go; task/task.go',
    },
  },
  {
    name: 'stargz.silenceNs',
    unit: 'ns',
    what: 'time without an on-demand read of a blob before the background fetch goes on',
    value: 5e9,
    min: 1e6,
    isInteger: true,
    source: {
      kind: 'read',
      where: 'stargz-snapshotter fs/fs.go, NewBackgroundTaskManager; fs/layer/layer.go, newReader',
    },
  },
  {
    name: 'fuse.requestPagesMax',
    unit: 'pages',
    what: 'most pages of a FUSE read',
    value: 32,
    min: 1,
    isInteger: true,
    source: { kind: 'read', where: 'go-fuse fuse/server.go, MaxWrite 128 KiB' },
  },
];

/**
 * eStargz layers on FUSE, by the stargz snapshotter. What is read before the start is only what an image's landmark
 * says; without one, as here, nothing.
 *
 * @param fetchesAll  in the background, as is its default
 */
function stargz(id: string, title: string, fetchesAll: boolean): LowerSystem {
  return {
    id,
    title,
    parameters,
    *deploy(node: Node, image: Image, _: Recording, prepare?: () => void): Flow<Deployment> {
      const { host } = node;
      const cost = (name: string) => node.parameters.get(name);
      const client = node.client();
      const { tag, digest, config, layers } = image.estargz;
      yield host.work(cost('lazy-pull.operations'));
      yield* resolveTag(node, tag);
      yield client.get(node.manifestPath(digest));
      yield client.get(node.blobPath(config.digest));
      prepare?.();
      const daemon = new GoProgram(node.engine, host, cost('host.cores'));
      const footerBytes = cost('stargz.footerBytes');
      // Each layer has connections of its own (service/resolver/registry.go makes a client for each blob that is resolved).
      const mounted = layers.map(
        (layer) => new StargzLayer(node, node.client(), daemon, layer.digest, layer.bytes),
      );
      // The first mount of an image resolves all of its layers.
      yield* all(layers.map(({ tocOffset }, i) => mounted[i]!.resolve(tocOffset, footerBytes)));
      for (const { entries, tocBytes } of layers)
        yield host.work(
          cost('lazy-pull.layers') +
            cost('lazy-pull.entries') * entries +
            cost('lazy-pull.tocBytes') * tocBytes,
        );
      client.closeIdle();
      const background = new StargzBackground(node, daemon);
      if (fetchesAll) new Process(background.fetch(image, mounted));
      return {
        rootFs: new StargzRootFs(node, daemon, image, mounted, background),
        run: () =>
          node.host.doWork(cost('run-cold-crfs.starts') + cost('run-cold-crfs.layers') * layers.length),
      };
    },
  };
}

export const crfs = stargz('crfs', 'CRFS (eStargz)', true);
export const crfsLazy = stargz('crfs-lazy', 'CRFS, on demand only', false);

class StargzRootFs implements RootFs {
  readonly isCached = false;
  readonly largeFolios = false;
  readonly requestPagesMax: number;
  readonly #node: Node;
  readonly #daemon: GoProgram;
  readonly #image: Image;
  readonly #layers: readonly StargzLayer[];
  readonly #background: StargzBackground;

  constructor(
    node: Node,
    daemon: GoProgram,
    image: Image,
    layers: readonly StargzLayer[],
    background: StargzBackground,
  ) {
    this.#node = node;
    this.#daemon = daemon;
    this.#image = image;
    this.#layers = layers;
    this.#background = background;
    this.requestPagesMax = node.parameters.get('fuse.requestPagesMax');
  }

  readAheadPages(): number {
    return Math.floor(this.#node.parameters.get('host.readAheadKiB') / 4);
  }

  lookupNs(path: string): number {
    const { found, missing, isFolder, entries } = this.#image.lookup(path);
    const { parameters } = this.#node;
    const cost = (name: string) => parameters.get(name);
    const overlayNs = isFolder
      ? cost('overlay-folder.folders') + cost('overlay-folder.layers') * found
      : cost('overlay-lookup.lookups');
    return (
      overlayNs +
      cost('fuse-lookup.lookups') * found +
      cost('fuse-lookup.entries') * entries +
      cost('fuse-negative.lookups') * missing
    );
  }

  openNs(): number {
    return this.#node.parameters.get('overlay-open.opens');
  }

  *read(file: ImageFile, firstPage: number, pages: number): Flow {
    const { parameters } = this.#node;
    const layer = this.#layers[file.layer]!;
    const readBlob = (read: Flow): Flow => this.#background.prioritize(read);
    yield this.#daemon.enter;
    yield* layer.read(file, firstPage * pageBytes, pages * pageBytes, readBlob);
    yield* this.#daemon.work(parameters.get('fuse-read.reads') + parameters.get('fuse-read.pages') * pages);
    this.#daemon.leave();
  }
}
