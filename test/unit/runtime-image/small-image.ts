import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { buildRuntimeImage, dataFile, metaFile } from '../../../trio/image/build.ts';
import * as layout from '../../../trio/image/layout.ts';
import { temporaryFolder } from './folders.ts';
import { directory, file, memoryRootfs, symlink, whiteout } from './memory-rootfs.ts';

/** A runtime image with every kind of record, in a folder: two layers, hard link, symlink, xattr, missing names. */
export async function smallImage(): Promise<string> {
  const [lower, upper] = [directory(), directory()];
  const shared = file(5000, { 'user.note': 'text', 'security.capability': 'raw' });
  const etc = directory();
  lower.add('etc', etc);
  etc.add('a', shared);
  etc.add('b', shared);
  lower.add('link', symlink('etc'));
  const upperEtc = directory();
  upper.add('etc', upperEtc);
  upperEtc.add('gone', whiteout());
  upper.add('big', file(300 * 4096));
  const folder = await temporaryFolder();
  await buildRuntimeImage(
    memoryRootfs(lower, upper),
    async (sink) => {
      sink.name('/etc/gone', false);
      sink.access(sink.file('/link/a'), 1, 4096, 4096);
      sink.access(sink.file('/big'), 2, 255 * 4096, 2 * 4096);
    },
    folder,
    'first-access',
  );
  return folder;
}

/** Changes the metadata in a folder; the checksums are made right again unless `keepChecksums`. */
export async function changeMeta(
  folder: string,
  change: (meta: Buffer) => Buffer | void,
  keepChecksums = false,
) {
  const path = join(folder, metaFile);
  const before = await readFile(path);
  const meta = change(before) ?? before;
  if (!keepChecksums) fixChecksums(meta);
  await writeFile(path, meta);
}

export function fixChecksums(meta: Buffer): void {
  for (const [i, name] of layout.sectionNames.entries()) {
    const at = layout.header.bytes + i * layout.section.bytes;
    const begin = Number(meta.readBigUInt64LE(at));
    const bytes = meta.subarray(begin, begin + meta.readUInt32LE(at + 8) * layout.recordBytes[name]);
    meta.writeUInt32LE(crc32c(bytes), at + 12);
  }
  const crcAt = layout.headerBytes - 4;
  meta.writeUInt32LE(crc32c(meta.subarray(0, crcAt)), crcAt);
}

/** Where the fields of a record begin in the metadata. */
export function place(meta: Buffer, section: layout.SectionName, index: number): number {
  const at = layout.header.bytes + layout.sectionNames.indexOf(section) * layout.section.bytes;
  return Number(meta.readBigUInt64LE(at)) + index * layout.recordBytes[section];
}

export const dataPath = (folder: string) => join(folder, dataFile);
export const metaPath = (folder: string) => join(folder, metaFile);
