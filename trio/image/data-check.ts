import { crc32c } from '@node-rs/crc32';
import { createHash } from 'node:crypto';
import type { Note } from './build.ts';
import { extents, pathOfInode, sizeBytes, type OwnedExtent } from './contents.ts';
import { extentPagesMax, pageBytes } from './layout.ts';
import { badImage, type ImageMeta } from './meta-reader.ts';

/** The data of a runtime image, wherever they are. */
export interface DataSource {
  /** What they are called in messages. */
  readonly path: string;
  readonly bytes: number;
  /** Fills all of `piece` from byte `at` on, which lies inside. */
  read(piece: Buffer, at: number): Promise<void>;
}

/**
 * Checks that the data are those of the metadata (checked before): their size, the checksum of every extent, that each
 * page belongs to a file, zeroes behind the ends of files, and the hash of the whole.
 *
 * @throws TrioError `BAD_RUNTIME_IMAGE`
 */
export async function checkData(meta: ImageMeta, data: DataSource, note: Note = () => {}): Promise<void> {
  const sorted = [...extents(meta)].sort((a, b) => a.dataPage - b.dataPage || a.index - b.index);
  checkCoverage(meta, sorted);
  const expectedBytes = meta.dataPages * pageBytes;
  if (data.bytes !== expectedBytes)
    throw badImage(
      data.path,
      Math.min(data.bytes, expectedBytes),
      `the file has ${data.bytes} bytes, its metadata say ${expectedBytes}`,
    );
  const buffer = Buffer.alloc(Math.min(extentPagesMax * pageBytes, data.bytes));
  for (const extent of sorted) {
    await checkExtent(meta, data, extent, buffer);
    note(`checking: ${megabytes(extent.dataPage * pageBytes)} of ${megabytes(data.bytes)} MB`);
  }
  await checkHash(meta, data, buffer);
}

/** Each page of the data belongs to an extent; to one only, unless the image says otherwise. */
function checkCoverage(meta: ImageMeta, sorted: readonly OwnedExtent[]): void {
  let covered = 0;
  for (const { index, dataPage, pageCount } of sorted) {
    const bad = (why: string) =>
      badImage(meta.name, meta.place('extents', index), `extents, record ${index}: ${why}`);
    if (dataPage > covered) throw bad(`page ${covered} of the data belongs to nothing`);
    if (dataPage < covered && !meta.sharedData)
      throw bad(`page ${dataPage} of the data belongs to another extent too`);
    covered = Math.max(covered, dataPage + pageCount);
  }
  if (covered !== meta.dataPages)
    throw badImage(meta.name, 0, `page ${covered} of the data belongs to nothing`);
}

async function checkExtent(
  meta: ImageMeta,
  data: DataSource,
  { inode, filePage, dataPage, pageCount, crc32c: expected }: OwnedExtent,
  buffer: Buffer,
): Promise<void> {
  const at = dataPage * pageBytes;
  const bytes = buffer.subarray(0, pageCount * pageBytes);
  await data.read(bytes, at);
  const where = () => `${pathOfInode(meta, inode)}, ${pageCount} pages from page ${filePage}`;
  const actual = crc32c(bytes);
  if (actual !== expected)
    throw badImage(
      data.path,
      at,
      `${where()}: damaged (CRC32C ${actual.toString(16)}, not ${expected.toString(16)})`,
    );
  const endBytes = Math.min(bytes.length, sizeBytes(meta, inode) - filePage * pageBytes);
  if (bytes.subarray(endBytes).some((byte) => byte !== 0))
    throw badImage(data.path, at + endBytes, `${where()}: what lies behind the end of the file is not zero`);
}

async function checkHash(meta: ImageMeta, data: DataSource, buffer: Buffer): Promise<void> {
  const hash = createHash('sha256');
  for (let at = 0; at < data.bytes; at += buffer.length) {
    const part = buffer.subarray(0, data.bytes - at);
    await data.read(part, at);
    hash.update(part);
  }
  const actual = hash.digest();
  if (!actual.equals(meta.dataSha256))
    throw badImage(
      data.path,
      0,
      `the data have the SHA-256 ${actual.toString('hex')}, not ${meta.dataSha256.toString('hex')}`,
    );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
