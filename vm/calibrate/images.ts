import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openImage } from '../../trio/image/oci-layout.ts';
import { cached } from '../cache/cache.ts';
import { blobsFolder, describe, layoutFolder, type BuiltImage } from '../images/built-image.ts';
import { packLayer } from '../images/layer-pack.ts';
import {
  forms,
  imageConfig,
  layerDescriptor,
  writeIndex,
  writeManifest,
  type DescribedLayer,
} from '../images/oci-writer.ts';
import { diskVersion, makeRegistryDisk } from '../images/registry-disk.ts';
import { writeRegistryTree } from '../images/registry-tree.ts';
import { writeTree } from '../images/tree-entry.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { readEstargzLayer, type EstargzLayer } from './estargz-layer.ts';
import { contentOf, syntheticImages, type SyntheticFile, type SyntheticImage } from './synthetic.ts';

/** A synthetic image in the registry, and what is in its layers. */
export type CalibrationImage = Pick<BuiltImage, 'name' | 'tags'> & {
  readonly check: boolean;
  readonly quantities: Readonly<Record<'layers' | 'files' | 'compressedBytes' | 'bytes', number>>;
  /** Of each layer's eStargz form. */
  readonly estargz: readonly EstargzLayer[];
  /** Of both forms. */
  readonly configs: readonly { readonly digest: string; readonly size: number }[];
};

/** The registry disk with all synthetic images. */
export interface CalibrationImages {
  readonly registryDisk: string;
  readonly registryDiskBytes: number;
  readonly images: readonly CalibrationImage[];
}

/** Builds the synthetic images, or finds them in the cache. */
export async function calibrationImages(progress: Progress): Promise<CalibrationImages> {
  const recipe = {
    disk: diskVersion,
    builder: await Promise.all(
      ['images.ts', 'synthetic.ts', 'static-programs.ts', 'estargz-layer.ts'].map((name) =>
        sha256(join(import.meta.dirname, name)),
      ),
    ),
  };
  const dir = await cached({ kind: 'image', name: 'calibration', recipe }, progress, (partial) =>
    progress.stage('building the synthetic images', (note) => build(partial, progress, note)),
  );
  const facts = JSON.parse(await readFile(join(dir, 'facts.json'), 'utf8')) as Omit<
    CalibrationImages,
    'registryDisk'
  >;
  return { ...facts, registryDisk: join(dir, 'registry.ext4') };
}

async function build(dir: string, progress: Progress, note: (text: string) => void): Promise<void> {
  const tree = join(dir, 'registry');
  await mkdir(tree);
  const images: CalibrationImage[] = [];
  for (const image of syntheticImages) {
    note(image.name);
    images.push(await buildImage(image, dir, tree, progress));
  }
  const registryDisk = join(dir, 'registry.ext4');
  const registryDiskBytes = await makeRegistryDisk(tree, registryDisk, progress);
  await rm(tree, { recursive: true });
  await writeFile(join(dir, 'facts.json'), `${JSON.stringify({ registryDiskBytes, images }, null, 2)}\n`);
}

async function buildImage(
  image: SyntheticImage,
  dir: string,
  registryTree: string,
  progress: Progress,
): Promise<CalibrationImage> {
  const own = join(dir, image.name);
  const blobs = blobsFolder(own);
  await mkdir(blobs, { recursive: true });
  const layers: DescribedLayer[] = [];
  const toc: EstargzLayer[] = [];
  const quantities = { layers: image.layers.length, files: 0, compressedBytes: 0, bytes: 0 };
  for (const [index, files] of image.layers.entries()) {
    const tar = join(own, 'layer.tar');
    await writeTree(tar, async (add) => {
      const common = { uid: 0, gid: 0, mtimeS: SOURCE_DATE_EPOCH } as const;
      for (const path of foldersOf(files))
        await add({ ...common, path, type: 'directory', mode: 0o755, sizeBytes: 0 });
      for (const { path, content, bytes } of files) {
        if (content === 'directory') continue;
        const body = contentOf(content, bytes, `${image.name} ${index} ${path}`); // no two images share a layer
        await add(
          { ...common, path, type: 'file', mode: 0o755, sizeBytes: body.length },
          Readable.from([body]),
        );
      }
    });
    const layer = await packLayer(tar, blobs, progress);
    await rm(tar);
    layers.push({ layer, createdBy: 'calibration' });
    toc.push(await readEstargzLayer(join(blobs, layer.estargz.digest.slice('sha256:'.length))));
    quantities.files += files.length;
    quantities.compressedBytes += layer.plain.size;
    quantities.bytes += layer.plain.uncompressedSize;
  }
  const layout = join(own, layoutFolder);
  const manifests = [];
  for (const form of forms) {
    const config = imageConfig(
      { Cmd: ['/pause', 'pause'], Env: [], WorkingDir: '/' },
      layers,
      form,
      SOURCE_DATE_EPOCH,
    );
    const descriptors = layers.map(({ layer }) => layerDescriptor(layer[form]));
    manifests.push([form, await writeManifest(layout, config, descriptors)] as const);
  }
  await writeIndex(layout, manifests);
  const [plain, estargz] = await Promise.all(forms.map((form) => openImage(layout, form)));
  if (!plain || !estargz) throw new Error('an image has two forms');
  await writeRegistryTree(registryTree, image.name, [plain, estargz]);
  await rm(own, { recursive: true }); // the registry's tree has links to the blobs
  return {
    name: image.name,
    check: image.check,
    tags: { plain: describe(plain), estargz: describe(estargz) },
    quantities,
    estargz: toc,
    configs: [plain, estargz].map(({ config }) => ({ digest: config.digest, size: config.sizeBytes })),
  };
}

/** All folders that the files need, those above first. */
function foldersOf(files: readonly SyntheticFile[]): string[] {
  const folders = new Set<string>();
  for (const { path, content } of files) {
    const parts = (content === 'directory' ? `${path}/` : path).split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders];
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
