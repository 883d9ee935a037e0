import { crc32c } from '@node-rs/crc32';
import type { FileHandle } from 'node:fs/promises';
import { DataWriter } from './data-writer.ts';
import { pageBytes } from './layout.ts';
import type { PackedData } from './meta-writer.ts';
import type { Plan } from './plan.ts';
import type { ReadRequest, Rootfs } from './rootfs.ts';

/** Copies the planned pages into the file for the data (empty so far); `note` hears how many bytes are done. */
export async function packData(
  rootfs: Rootfs,
  plan: Plan,
  file: FileHandle,
  note: (doneBytes: number) => void = () => {},
): Promise<PackedData> {
  const requests = plan.extents.map(({ node, filePage, pageCount }): ReadRequest => {
    const offsetBytes = filePage * pageBytes;
    const lengthBytes = Math.min(pageCount * pageBytes, node.attributes.sizeBytes - offsetBytes);
    return { node, offsetBytes, lengthBytes };
  });
  const crc32cs = new Uint32Array(plan.extents.length);
  const doneBytes = new Float64Array(plan.extents.length);
  const writer = new DataWriter(file);
  let allBytes = 0;
  await rootfs.read(requests, (index, piece) => {
    const extent = plan.extents[index];
    const request = requests[index];
    if (!extent || !request) throw new Error(`range ${index} was not asked for`);
    const done = doneBytes[index] ?? 0;
    const at = extent.dataPage * pageBytes + done;
    // The end of a file: the rest of its page is zero.
    const padBytes = done + piece.length === request.lengthBytes ? -request.lengthBytes & (pageBytes - 1) : 0;
    writer.write(at, piece);
    let crc = crc32c(piece, crc32cs[index]);
    if (padBytes > 0) {
      const zeroes = Buffer.alloc(padBytes);
      writer.write(at + piece.length, zeroes);
      crc = crc32c(zeroes, crc);
    }
    crc32cs[index] = crc;
    doneBytes[index] = done + piece.length;
    note((allBytes += piece.length));
  });
  return { sha256: writer.finish(plan.pages * pageBytes), crc32cs };
}
