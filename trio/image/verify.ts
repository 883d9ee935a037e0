import { crc32c } from '@node-rs/crc32';
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../errors.ts';
import { dataFile, metaFile, type Note } from './build.ts';
import { extents, pathOfInode, sizeBytes, type OwnedExtent } from './contents.ts';
import { extentPagesMax, headerBytes, pageBytes } from './layout.ts';
import { checkRecords } from './meta-check.ts';
import { badImage, checkHeader, ImageMeta } from './meta-reader.ts';

/**
 * Opens the metadata of the runtime image in a folder and checks all of them. Nothing is read of a file that does not
 * begin like one, whatever its size.
 *
 * @throws TrioError `NO_RUNTIME_IMAGE`, `BAD_RUNTIME_IMAGE`
 */
export async function openMeta(folder: string): Promise<ImageMeta> {
  const path = join(folder, metaFile);
  return withFile(path, async (file, fileBytes) => {
    const start = Buffer.alloc(headerBytes);
    const { bytesRead } = await file.read(start, 0, headerBytes, 0);
    checkHeader(start.subarray(0, bytesRead), fileBytes, path);
    const bytes = Buffer.alloc(fileBytes);
    await readWhole(file, bytes, 0, path);
    const meta = new ImageMeta(bytes, path);
    checkRecords(meta);
    return meta;
  });
}

/**
 * Checks everything of the runtime image in a folder: metadata, the checksum of every extent, that each page of the
 * data belongs to a file, and the hash of the whole.
 *
 * @throws TrioError `NO_RUNTIME_IMAGE`, `BAD_RUNTIME_IMAGE`
 */
export async function verifyRuntimeImage(folder: string, note: Note = () => {}): Promise<ImageMeta> {
  const meta = await openMeta(folder);
  const path = join(folder, dataFile);
  const sorted = [...extents(meta)].sort((a, b) => a.dataPage - b.dataPage || a.index - b.index);
  checkCoverage(meta, sorted);
  await withFile(path, async (file, fileBytes) => {
    const expectedBytes = meta.dataPages * pageBytes;
    if (fileBytes !== expectedBytes)
      throw badImage(
        path,
        Math.min(fileBytes, expectedBytes),
        `the file has ${fileBytes} bytes, its metadata say ${expectedBytes}`,
      );
    const buffer = Buffer.alloc(extentPagesMax * pageBytes);
    for (const extent of sorted) {
      await checkExtent(meta, file, path, extent, buffer);
      note(
        `checking: ${((extent.dataPage * pageBytes) / 1e6).toFixed(0)} of ${(fileBytes / 1e6).toFixed(0)} MB`,
      );
    }
    const hash = createHash('sha256');
    for (let at = 0; at < fileBytes; at += buffer.length) {
      const part = buffer.subarray(0, fileBytes - at);
      await readWhole(file, part, at, path);
      hash.update(part);
    }
    const actual = hash.digest();
    if (!actual.equals(meta.dataSha256))
      throw badImage(
        path,
        0,
        `the data have the SHA-256 ${actual.toString('hex')}, not ${meta.dataSha256.toString('hex')}`,
      );
  });
  return meta;
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
  file: FileHandle,
  path: string,
  { inode, filePage, dataPage, pageCount, crc32c: expected }: OwnedExtent,
  buffer: Buffer,
): Promise<void> {
  const at = dataPage * pageBytes;
  const bytes = buffer.subarray(0, pageCount * pageBytes);
  await readWhole(file, bytes, at, path);
  const where = () => `${pathOfInode(meta, inode)}, ${pageCount} pages from page ${filePage}`;
  const actual = crc32c(bytes);
  if (actual !== expected)
    throw badImage(
      path,
      at,
      `${where()}: damaged (CRC32C ${actual.toString(16)}, not ${expected.toString(16)})`,
    );
  const endBytes = Math.min(bytes.length, sizeBytes(meta, inode) - filePage * pageBytes);
  if (bytes.subarray(endBytes).some((byte) => byte !== 0))
    throw badImage(path, at + endBytes, `${where()}: what lies behind the end of the file is not zero`);
}

async function withFile<T>(
  path: string,
  work: (file: FileHandle, fileBytes: number) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stats = await file.stat();
    if (!stats.isFile()) throw new TrioError('NO_RUNTIME_IMAGE', `${path} is no file`);
    return await work(file, stats.size);
  } catch (error) {
    if (error instanceof TrioError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new TrioError('NO_RUNTIME_IMAGE', `there is no runtime image in the folder: ${error.message}`, {
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

async function readWhole(file: FileHandle, bytes: Buffer, at: number, path: string): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) throw badImage(path, at + done, 'the file ends here while it is read');
    done += bytesRead;
  }
}
