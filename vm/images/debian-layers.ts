import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import {
  buildDebianRoot,
  listPackages,
  packageManifest,
  SOURCE_DATE_EPOCH,
  type Package,
} from '../tools/debian-root.ts';
import { lockSha256 } from '../tools/locked-packages.ts';
import { packLayer, type PackedLayer } from './layer-pack.ts';
import { layerDifference } from './layer-difference.ts';
import { writeLayer } from './layer-writer.ts';
import { indexTar, type IndexedEntry, type TreeIndex } from './tree-index.ts';

/** The Debian release that all workloads stand on. */
const suite = 'trixie';

/** Changes whenever the versions of the packages do. */
export const imageLock = lockSha256(suite);

/** The lowest layer of every workload: a minimal Debian. Its folder in the cache holds the blobs. */
export interface BaseLayer {
  readonly layer: PackedLayer;
  readonly tree: TreeIndex;
  readonly blobs: string;
}

/** The layer that a workload's packages add, written into the caller's folder. */
export interface PackagesLayer {
  /** Absent when the packages add nothing. */
  readonly layer: PackedLayer | undefined;
  /** The tree of both layers together. */
  readonly tree: TreeIndex;
  readonly packages: readonly Package[];
  /** SHA-256 of the package list. */
  readonly packageManifestHash: string;
}

/** Builds the base layer, or takes it from the cache: every workload gets the very same bytes. */
export async function baseLayer(progress: Progress): Promise<BaseLayer> {
  const recipe = { suite, packages: [], layers: layersVersion, lock: imageLock };
  const entry = { kind: 'image', name: 'base-layer', recipe };
  const dir = await cached(entry, progress, (partial) =>
    progress.stage('building the base layer of all workloads', async (note) => {
      const tar = join(partial, 'root.tar');
      note('mmdebstrap');
      await buildDebianRoot({ suite, packages: [], isLocked: true, keepDocs: true }, tar, progress);
      const tree = await indexTar(tar);
      const layerTar = join(partial, 'layer.tar');
      await writeLayer(tar, layerDifference(new Map(), tree), SOURCE_DATE_EPOCH, layerTar);
      await rm(tar);
      note('compressing');
      const layer = await packLayer(layerTar, join(partial, 'blobs'), progress);
      await rm(layerTar);
      await writeFile(join(partial, 'layer.json'), JSON.stringify(layer));
      await writeFile(join(partial, 'tree.json'), JSON.stringify([...tree.values()]));
    }),
  );
  const layer = JSON.parse(await readFile(join(dir, 'layer.json'), 'utf8')) as PackedLayer;
  const entries = JSON.parse(await readFile(join(dir, 'tree.json'), 'utf8')) as IndexedEntry[];
  return { layer, tree: new Map(entries.map((e) => [e.path, e])), blobs: join(dir, 'blobs') };
}

/** Changes whenever the same packages would give other layers. */
export const layersVersion = 1;

/**
 * Installs packages in a fresh root and keeps what differs from the base. The base may be older than the packages'
 * root (a security update came in between): then the layer holds the newer files too, and is right all the same.
 *
 * @param workDir  an empty folder for large temporary files
 * @param blobs    where the packed layer goes
 */
export async function packagesLayer(
  base: BaseLayer,
  packages: readonly string[],
  workDir: string,
  blobs: string,
  progress: Progress,
  note: (text: string) => void,
): Promise<PackagesLayer> {
  const tar = join(workDir, 'root.tar');
  note('mmdebstrap');
  // Documentation is left out of the layer, not of the root: some packages' scripts fail without its folders.
  await buildDebianRoot({ suite, packages, isLocked: true, keepDocs: true }, tar, progress);
  const installed = await listPackages(tar);
  note('comparing with the base layer');
  const tree = await indexTar(tar);
  const difference = layerDifference(base.tree, tree);
  const empty = difference.written.size === 0 && difference.whiteouts.length === 0;
  let layer: PackedLayer | undefined;
  if (!empty) {
    const layerTar = join(workDir, 'packages.tar');
    await writeLayer(tar, difference, SOURCE_DATE_EPOCH, layerTar);
    await rm(tar);
    note('compressing');
    layer = await packLayer(layerTar, blobs, progress);
    await rm(layerTar);
  }
  await rm(tar, { force: true });
  return { layer, tree, packages: installed, packageManifestHash: packageManifest(installed).sha256 };
}
