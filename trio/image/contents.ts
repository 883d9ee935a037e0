import { pathText } from '../trace/path-text.ts';
import * as layout from './layout.ts';
import type { ImageMeta } from './meta-reader.ts';

/** One name of a runtime image, as its metadata have it. */
export interface NamedEntry {
  /** Index of the layer; 0 is the lowest. */
  readonly layer: number;
  readonly path: string;
  /** Undefined for a name that the layer does not have. */
  readonly inode: number | undefined;
}

/** All names of a runtime image, layer by layer, a directory before what it holds. Only for checked metadata. */
export function* names(meta: ImageMeta): Generator<NamedEntry> {
  for (let layer = 0; layer < meta.count('layers'); layer++) {
    const root = meta.field('layers', layout.layer, layer, 'first_inode');
    yield { layer, path: '/', inode: root };
    yield* namesBelow(meta, layer, root, '');
  }
}

function* namesBelow(
  meta: ImageMeta,
  layer: number,
  directory: number,
  folder: string,
): Generator<NamedEntry> {
  const first = meta.field('inodes', layout.inode, directory, 'first');
  const count = meta.field('inodes', layout.inode, directory, 'count');
  for (let index = first; index < first + count; index++) {
    const at = meta.place('dentries', index);
    const nameAt = meta.bytes.readUInt32LE(at + layout.dentry.at.name);
    const nameBytes = meta.bytes.readUInt16LE(at + layout.dentry.at.name_bytes);
    const path = `${folder}/${pathText(meta.string(nameAt, nameBytes))}`;
    const number = meta.field('dentries', layout.dentry, index, 'inode');
    const inode = number === layout.noInode ? undefined : number;
    yield { layer, path, inode };
    if (inode !== undefined && isDirectory(meta, inode)) yield* namesBelow(meta, layer, inode, path);
  }
}

function isDirectory(meta: ImageMeta, inode: number): boolean {
  const mode = meta.field('inodes', layout.inode, inode, 'mode');
  return (mode & layout.fileType.mask) === layout.fileType.directory;
}

/** The first path of an inode. */
export function pathOfInode(meta: ImageMeta, inode: number): string {
  for (const entry of names(meta)) if (entry.inode === inode) return entry.path;
  return `inode ${inode}`;
}

/** An extent with the inode that it belongs to. */
export interface OwnedExtent {
  readonly index: number;
  readonly inode: number;
  readonly filePage: number;
  readonly dataPage: number;
  readonly pageCount: number;
  readonly crc32c: number;
}

/** All extents in the order of the files. Only for checked metadata. */
export function* extents(meta: ImageMeta): Generator<OwnedExtent> {
  for (let inode = 0; inode < meta.count('inodes'); inode++) {
    const u32 = (field: keyof typeof layout.inode.at) => meta.field('inodes', layout.inode, inode, field);
    if ((u32('mode') & layout.fileType.mask) !== layout.fileType.regular) continue;
    const end = u32('first') + u32('count');
    for (let index = u32('first'); index < end; index++) {
      const extent = (field: keyof typeof layout.extent.at) =>
        meta.field('extents', layout.extent, index, field);
      yield {
        index,
        inode,
        filePage: extent('file_page'),
        dataPage: extent('data_page'),
        pageCount: extent('page_count'),
        crc32c: extent('crc32c'),
      };
    }
  }
}

/** The size of a file's content. */
export function sizeBytes(meta: ImageMeta, inode: number): number {
  return Number(meta.bytes.readBigUInt64LE(meta.place('inodes', inode) + layout.inode.at.size_bytes));
}
