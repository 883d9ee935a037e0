import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../errors.ts';
import { dataFile, metaFile, type Note } from './build.ts';
import { checkData } from './data-check.ts';
import { headerBytes } from './layout.ts';
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
  await withFile(path, async (file, fileBytes) => {
    const read = (bytes: Buffer, at: number) => readWhole(file, bytes, at, path);
    await checkData(meta, { path, bytes: fileBytes, read }, note);
  });
  return meta;
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
