import {
  entryTypes,
  type FactsEntry,
  type ImageFacts,
  type ReadinessKind,
  type StargzLayerFacts,
} from './facts.ts';
import { fileType } from './layout.ts';
import { blobPath, openImage, type OciImage, type OciLayer } from './oci-layout.ts';
import { readLayer } from './rootfs-oci.ts';
import { toText } from './rootfs.ts';
import { readToc } from './stargz-toc.ts';
import type { TarEntry } from './tar-reader.ts';

/**
 * The facts of an image of which an OCI layout has both forms.
 *
 * @param readiness  how a container of it is told to be ready
 * @param tags  of the plain image and of the eStargz one
 * @throws TrioError `BAD_STARGZ`, and those of `openImage` and of reading layers
 */
export async function readFacts(
  folder: string,
  name: string,
  readiness: ReadinessKind,
  tags: { readonly plain: string; readonly estargz: string },
): Promise<ImageFacts> {
  const plain = await openImage(folder, tags.plain);
  const estargz = await openImage(folder, tags.estargz);
  const layers = [];
  for (const layer of plain.layers) layers.push(await plainLayer(folder, layer));
  const stargzLayers = [];
  for (const layer of estargz.layers) stargzLayers.push(await stargzLayer(folder, layer));
  return {
    schema: 'trio.image-facts/1',
    name,
    readiness,
    plain: { ...heading(plain), layers },
    estargz: { ...heading(estargz), layers: stargzLayers },
  };
}

function heading({ tag, manifest, config }: OciImage) {
  return {
    tag,
    digest: manifest.digest,
    bytes: manifest.sizeBytes,
    config: { digest: config.digest, bytes: config.sizeBytes },
  };
}

async function plainLayer(folder: string, layer: OciLayer): Promise<ImageFacts['plain']['layers'][number]> {
  const entries: FactsEntry[] = [];
  let tarBytes = 0;
  for await (const { entry } of readLayer(folder, layer, (bytes) => (tarBytes += bytes)))
    entries.push(factsOf(entry));
  return { digest: layer.digest, bytes: layer.sizeBytes, tarBytes, entries };
}

const opaqueName = '.wh..wh..opq';
const whiteoutPrefix = '.wh.';

function factsOf({ path: bytes, attributes, linkTo }: TarEntry): FactsEntry {
  const path = `/${toText(bytes)}`;
  const slash = path.lastIndexOf('/');
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)];
  if (name === opaqueName) return [folder || '/', entryTypes.opaque];
  if (name.startsWith(whiteoutPrefix))
    return [`${folder}/${name.slice(whiteoutPrefix.length)}`, entryTypes.whiteout];
  if (linkTo !== undefined) return [path, entryTypes.hardlink, `/${toText(linkTo)}`];
  switch (attributes.mode & fileType.mask) {
    case fileType.regular:
      return [path, entryTypes.file, attributes.sizeBytes];
    case fileType.directory:
      return [path, entryTypes.directory];
    case fileType.symlink:
      return [path, entryTypes.symlink, toText(attributes.target)];
    default:
      return [path, entryTypes.other];
  }
}

async function stargzLayer(folder: string, { digest, sizeBytes }: OciLayer): Promise<StargzLayerFacts> {
  const toc = await readToc(blobPath(folder, digest), `layer ${digest}`);
  return {
    digest,
    bytes: sizeBytes,
    tocOffset: toc.tocOffset,
    tocBytes: toc.tocBytes,
    tocEntries: toc.entries,
    prefetchBytes: toc.prefetchBytes,
    files: [...toc.files].map(([path, chunks]) => [
      path,
      chunks.map(({ offset, compressedBytes, bytes }) => [offset, compressedBytes, bytes]),
    ]),
  };
}
