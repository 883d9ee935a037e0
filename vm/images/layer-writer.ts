import type { LayerDifference } from './layer-difference.ts';
import { readTree, writeTree } from './tree-entry.ts';

/**
 * Writes a layer's uncompressed tar: the entries of `fullTar` that the difference names, in that tar's order, then
 * the whiteouts (dated `mtimeS`). Contents are streamed.
 */
export async function writeLayer(
  fullTar: string,
  difference: LayerDifference,
  mtimeS: number,
  layerTar: string,
): Promise<void> {
  await writeTree(layerTar, async (add) => {
    for await (const { entry, body } of readTree(fullTar))
      if (difference.written.has(entry.path)) await add(entry, body);
    for (const path of difference.whiteouts)
      await add({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtimeS, sizeBytes: 0 });
  });
}
