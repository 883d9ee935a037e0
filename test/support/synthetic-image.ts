import type { Image, ImageFile, StargzChunk, StargzLayerFacts } from '../../sim/systems/image.ts';

export interface SyntheticFile {
  readonly path: string;
  readonly bytes: number;
  /** Compressed over plain size in the eStargz blob. */
  readonly ratio?: number;
  readonly layer?: number;
}

const chunkBytesMax = 4 * 2 ** 20;
const tocBytes = 1000;
const footerBytes = 51;

/** An image of these files, each layer's blobs packed without gaps; one lookup a path. */
export function syntheticImage(layerCount: number, files: readonly SyntheticFile[]): Image {
  const endOf = Array.from({ length: layerCount }, () => 0);
  const byPath = new Map<string, ImageFile>();
  for (const [id, { path, bytes, ratio = 0.5, layer = 0 }] of files.entries()) {
    const chunks: StargzChunk[] = [];
    for (let position = 0; position < bytes; position += chunkBytesMax) {
      const size = Math.min(chunkBytesMax, bytes - position);
      const compressedBytes = Math.ceil(size * ratio);
      chunks.push({ position, bytes: size, offset: endOf[layer]!, compressedBytes });
      endOf[layer]! += compressedBytes;
    }
    byPath.set(path, { id, path, bytes, layer, chunks });
  }
  const layers = endOf.map((tocOffset, layer): StargzLayerFacts => {
    const own = [...byPath.values()].filter((file) => file.layer === layer);
    return {
      digest: `sha256:stargz-${layer}`,
      bytes: tocOffset + tocBytes + footerBytes,
      tarBytes: own.reduce((sum, { bytes }) => sum + bytes + 512, 0),
      files: own.length,
      entries: own.length,
      tocOffset,
      tocBytes: own.length * 300,
      prefetchBytes: 0,
    };
  });
  const manifest = { bytes: 900, config: { digest: 'sha256:config', bytes: 1500 } };
  const plainLayers = layers.map((layer, i) => ({ ...layer, digest: `sha256:plain-${i}` }));
  return {
    name: 'synthetic',
    readiness: 'exit',
    plain: { ...manifest, tag: 'plain', digest: 'sha256:plain', layers: plainLayers },
    estargz: { ...manifest, tag: 'estargz', digest: 'sha256:estargz', layers },
    files: files.length,
    file: (path) => byPath.get(path),
    regularFiles: () => byPath.values(),
    folder: (layer) => ({ entries: [...byPath.values()].filter((file) => file.layer === layer) }),
    lookup: () => ({ found: 1, missing: 0, isFolder: false, entries: 1 }),
  };
}
