import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { readTree, writeTree, type AddEntry, type TreeEntry } from './tree-entry.ts';

/**
 * Writes one tar with all that is in an image's layers, each below a folder of its own: `0` is the lowest. Whiteouts
 * stay as they are. The same layers give the same bytes.
 *
 * @param blobs  the layers as compressed tars, the lowest first
 */
export async function writeLayersTar(blobs: readonly string[], tar: string): Promise<void> {
  const work = `${tar}.layer`;
  try {
    await writeTree(tar, async (add) => {
      for (const [number, blob] of blobs.entries()) {
        await pipeline(createReadStream(blob), createGunzip(), createWriteStream(work));
        await addLayer(work, String(number), add);
      }
    });
  } finally {
    await rm(work, { force: true });
  }
}

async function addLayer(layer: string, folder: string, add: AddEntry): Promise<void> {
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  await add({ path: folder, type: 'directory', ...owner, mtimeS: SOURCE_DATE_EPOCH, sizeBytes: 0 });
  // Whatever else roots leave out: this is a layer, and all of it is the image's.
  for await (const { entry, body } of readTree(layer, () => false)) await add(below(folder, entry), body);
}

function below(folder: string, entry: TreeEntry): TreeEntry {
  const path = `${folder}/${entry.path}`;
  if (entry.type !== 'hardlink') return { ...entry, path };
  return { ...entry, path, target: `${folder}/${entry.target}` };
}
