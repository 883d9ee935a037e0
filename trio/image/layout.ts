/**
 * The records of a runtime image's metadata, as FORMAT.md says them; kernel/include/trio_image.h is the same in C.
 * All numbers are little-endian, and no record has holes.
 */

/** TRIO_IMAGE_MAGIC as it lies in the file. */
export const magic = Buffer.from('TRIOIMG1');
export const version = 1;
export const feature = { sharedData: 1, known: 1 } as const;
export const pageBytes = 4096;
export const metaBytesMax = 1 << 28;
export const layersMax = 500;
export const extentPagesMax = 256;
export const nameBytesMax = 255;
export const targetBytesMax = 4095;
export const xattrNameBytesMax = 255;
export const xattrValueBytesMax = 65536;
/** What a dentry names when its layer has no such name. */
export const noInode = 0xffff_ffff;
/** Flag of a directory: all its names are here. */
export const dirComplete = 1;

/** `crc` is a `u32`; `digest` are 32 bytes. */
export type FieldType = 'u16' | 'u32' | 'u64' | 's64' | 'digest';

const fieldBytes = { u16: 2, u32: 4, u64: 8, s64: 8, digest: 32 } as const;

/** A record: where each field begins, and how long the whole is. */
export interface Struct<Name extends string> {
  readonly fields: readonly { readonly name: Name; readonly type: FieldType }[];
  readonly at: Readonly<Record<Name, number>>;
  readonly bytes: number;
}

function struct<Name extends string>(...fields: readonly (readonly [Name, FieldType])[]): Struct<Name> {
  const at = {} as Record<Name, number>;
  let bytes = 0;
  for (const [name, type] of fields) {
    at[name] = bytes;
    bytes += fieldBytes[type];
  }
  return { fields: fields.map(([name, type]) => ({ name, type })), at, bytes };
}

/** The sections in the order in which they lie in the file; each begins at the next multiple of 8. */
export const sectionNames = ['layers', 'inodes', 'dentries', 'extents', 'xattrs', 'strings'] as const;
export type SectionName = (typeof sectionNames)[number];
export const sectionAlignBytes = 8;

export const section = struct(['offset', 'u64'], ['count', 'u32'], ['crc32c', 'u32']);

/** The header up to the section table; then come the sections and the {@link headerEnd}. */
export const header = struct(
  ['magic', 'u64'],
  ['version', 'u32'],
  ['features', 'u32'],
  ['page_bytes', 'u32'],
  ['reserved', 'u32'],
  ['image_id', 'digest'],
  ['data_sha256', 'digest'],
  ['data_pages', 'u64'],
  ['meta_bytes', 'u64'],
);
export const headerEnd = struct(['reserved2', 'u32'], ['crc32c', 'u32']);
export const headerBytes = header.bytes + sectionNames.length * section.bytes + headerEnd.bytes;

export const layer = struct(
  ['diff_id', 'digest'],
  ['first_inode', 'u32'],
  ['inode_count', 'u32'],
  ['first_dentry', 'u32'],
  ['dentry_count', 'u32'],
  ['first_extent', 'u32'],
  ['extent_count', 'u32'],
  ['reserved', 'u32'],
  ['reserved2', 'u32'],
);

export const inode = struct(
  ['size_bytes', 'u64'],
  ['mtime_s', 's64'],
  ['mtime_ns', 'u32'],
  ['mode', 'u32'],
  ['uid', 'u32'],
  ['gid', 'u32'],
  ['nlink', 'u32'],
  ['flags', 'u32'],
  ['rdev_major', 'u32'],
  ['rdev_minor', 'u32'],
  ['first', 'u32'],
  ['count', 'u32'],
  ['first_xattr', 'u32'],
  ['xattr_count', 'u32'],
);

export const dentry = struct(['inode', 'u32'], ['name', 'u32'], ['name_bytes', 'u16'], ['reserved', 'u16']);

export const extent = struct(
  ['file_page', 'u32'],
  ['data_page', 'u32'],
  ['page_count', 'u32'],
  ['crc32c', 'u32'],
);

export const xattr = struct(
  ['name', 'u32'],
  ['value', 'u32'],
  ['value_bytes', 'u32'],
  ['name_bytes', 'u16'],
  ['reserved', 'u16'],
);

/** Bytes of one record of each section. */
export const recordBytes: Readonly<Record<SectionName, number>> = {
  layers: layer.bytes,
  inodes: inode.bytes,
  dentries: dentry.bytes,
  extents: extent.bytes,
  xattrs: xattr.bytes,
  strings: 1,
};

/** Types of files in `mode`. */
export const fileType = {
  mask: 0o170000,
  socket: 0o140000,
  symlink: 0o120000,
  regular: 0o100000,
  block: 0o060000,
  directory: 0o040000,
  character: 0o020000,
  fifo: 0o010000,
} as const;
