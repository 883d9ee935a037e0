import { createHash } from 'node:crypto';
import { copyFile, cp, link, lstat, mkdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath } from '../../trio/image/oci-layout.ts';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { listTree, writeAppLayer } from './app-layer.ts';
import {
  blobsFolder,
  finishImage,
  layoutFolder,
  megabytes,
  readImage,
  type BuiltImage,
} from './built-image.ts';
import { baseLayer, imageLock, layersVersion, packagesLayer, type BaseLayer } from './debian-layers.ts';
import { packLayer } from './layer-pack.ts';
import { diskVersion } from './registry-disk.ts';
import { npmInstall } from './npm-install.ts';
import {
  forms,
  imageConfig,
  layerDescriptor,
  writeIndex,
  writeManifest,
  type DescribedLayer,
} from './oci-writer.ts';
import { loadWorkload, type Workload } from './workload.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A workload's image, built when the cache lacks it: a minute or two, for pytorch about ten.
 *
 * @throws TrioError `UNKNOWN_WORKLOAD` (exit code 2), or what went wrong in building
 */
export async function workloadImage(name: string, progress: Progress): Promise<BuiltImage> {
  const workload = await loadWorkload(name);
  const base = await baseLayer(progress);
  const { packages, command, env, npm, readiness } = workload;
  const files = await hashFiles(join(workload.folder, 'rootfs'));
  const recipe = {
    base: base.layer,
    packages,
    command,
    env,
    npm,
    files,
    layers: layersVersion,
    lock: imageLock,
    disk: diskVersion,
  };
  const dir = await cached({ kind: 'image', name, recipe }, progress, (partial) =>
    progress.stage(`building the image ${name}`, (note) => build(workload, base, partial, progress, note)),
  );
  return readImage(dir, { name, command, args: command, env, readiness });
}

async function build(
  workload: Workload,
  base: BaseLayer,
  dir: string,
  progress: Progress,
  note: (text: string) => void,
): Promise<void> {
  const layout = join(dir, layoutFolder);
  const blobs = blobsFolder(dir);
  const work = join(dir, 'work');
  await mkdir(blobs, { recursive: true });
  await mkdir(work);

  const layers: DescribedLayer[] = [{ layer: base.layer, createdBy: 'Debian minbase' }];
  for (const form of forms) await linkBlob(base.blobs, base.layer[form].digest, layout);
  const packages = await packagesLayer(base, workload.packages, work, blobs, progress, note);
  if (packages.layer)
    layers.push({ layer: packages.layer, createdBy: `apt install ${workload.packages.join(' ')}` });

  note('its own files');
  const rootfs = join(work, 'rootfs');
  const filter = (from: string) => !isInstalled(from);
  await cp(join(workload.folder, 'rootfs'), rootfs, { recursive: true, verbatimSymlinks: true, filter });
  for (const folder of workload.npm) await npmInstall(join(rootfs, folder));
  const appTar = join(work, 'app.tar');
  if (await writeAppLayer(rootfs, packages.tree, SOURCE_DATE_EPOCH, appTar)) {
    layers.push({ layer: await packLayer(appTar, blobs, progress), createdBy: `files of ${workload.name}` });
  }
  await rm(work, { recursive: true });

  const run = {
    Env: [`PATH=${path}`, ...Object.entries(workload.env).map(([key, value]) => `${key}=${value}`)],
    Cmd: workload.command,
    WorkingDir: '/',
  };
  const manifests = [];
  for (const form of forms) {
    const config = imageConfig(run, layers, form, SOURCE_DATE_EPOCH);
    const descriptors = layers.map(({ layer }) => layerDescriptor(layer[form]));
    manifests.push([form, await writeManifest(layout, config, descriptors)] as const);
  }
  await writeIndex(layout, manifests);
  note(`registry disk (layers ${layers.map(({ layer }) => megabytes(layer.plain)).join(' + ')})`);
  const { packages: list, packageManifestHash } = packages;
  await finishImage(dir, workload.name, { packages: list, packageManifestHash }, progress);
}

/** What a developer's own `npm install` left in the checkout: the image gets a fresh one. */
function isInstalled(file: string): boolean {
  return file.split('/').includes('node_modules');
}

/** Every file's hash by path, so that a changed app is another image; `x` marks programs. */
async function hashFiles(folder: string): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const file of (await listTree(folder)).filter((name) => !isInstalled(name))) {
    const stat = await lstat(join(folder, file));
    if (stat.isSymbolicLink()) result[file] = `-> ${await readlink(join(folder, file))}`;
    else if (stat.isFile())
      result[file] =
        createHash('sha256')
          .update(await readFile(join(folder, file)))
          .digest('hex') + (stat.mode & 0o100 ? 'x' : '');
  }
  return result;
}

async function linkBlob(blobs: string, digest: string, layout: string): Promise<void> {
  const from = join(blobs, digest.slice('sha256:'.length));
  await link(from, blobPath(layout, digest)).catch(() => copyFile(from, blobPath(layout, digest)));
}
