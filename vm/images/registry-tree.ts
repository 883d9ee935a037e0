import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath, type OciImage } from '../../trio/image/oci-layout.ts';

/**
 * Writes images of one repository as a container registry keeps them: the storage layout of Docker Distribution 2
 * (`docker/registry/v2/…`), which the registry in the guest serves without having been pushed to.
 *
 * @param images  each becomes the tag that it has in its layout
 */
export async function writeRegistryTree(
  folder: string,
  repository: string,
  images: readonly OciImage[],
): Promise<void> {
  const root = join(folder, 'docker/registry/v2');
  const home = join(root, 'repositories', repository);
  const done = new Set<string>();
  for (const image of images) {
    const parts = [image.config, ...image.layers].map(({ digest }) => digest);
    for (const digest of [image.manifest.digest, ...parts]) {
      if (done.has(digest)) continue;
      done.add(digest);
      const hex = hexOf(digest);
      await hardLink(
        blobPath(image.folder, digest),
        join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'),
      );
    }
    for (const digest of parts) await writeLink(join(home, '_layers/sha256', hexOf(digest), 'link'), digest);
    const { digest } = image.manifest;
    await writeLink(join(home, '_manifests/revisions/sha256', hexOf(digest), 'link'), digest);
    await writeLink(join(home, '_manifests/tags', image.tag, 'current/link'), digest);
    await writeLink(join(home, '_manifests/tags', image.tag, 'index/sha256', hexOf(digest), 'link'), digest);
  }
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

async function writeLink(path: string, digest: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, digest);
}

/** Links a blob, or copies it where the layout lies on another file system. */
async function hardLink(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}
