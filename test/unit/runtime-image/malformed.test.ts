import { rm, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as layout from '../../../trio/image/layout.ts';
import { openMeta, verifyRuntimeImage } from '../../../trio/image/verify.ts';
import { changeMeta, dataPath, metaPath, place, smallImage } from './small-image.ts';

const { header, layer, inode, dentry, extent, xattr } = layout;

function writeFirstName(meta: Buffer, name: string): void {
  meta.write(name, place(meta, 'strings', meta.readUInt32LE(place(meta, 'dentries', 0) + dentry.at.name)));
}

describe('a malformed runtime image', () => {
  it.each<[string, (meta: Buffer) => Buffer | void, RegExp]>([
    ['is empty', () => Buffer.alloc(0), /at byte 0: this is no metadata/],
    ['has another magic', (m) => void m.write('X', 0), /at byte 0: this is no metadata of a runtime image/],
    [
      'ends in its header',
      (m) => m.subarray(0, 100),
      /at byte 100: the file ends in its header of 208 bytes/,
    ],
    ['is truncated', (m) => m.subarray(0, -8), /at byte 96: the file has \d+ bytes, its header says \d+/],
    ['is too long', (m) => Buffer.concat([m, Buffer.alloc(8)]), /at byte 96: the file has/],
    [
      'is of another version',
      (m) => void m.writeUInt32LE(2, header.at.version),
      /at byte 8: version 2; only 1 is known/,
    ],
    [
      'has an unknown feature',
      (m) => void m.writeUInt32LE(6, header.at.features),
      /at byte 12: features 0x00000006 are not known/,
    ],
    ['has other pages', (m) => void m.writeUInt32LE(16384, header.at.page_bytes), /pages of 16384 bytes/],
  ])('%s', async (_what, change, message) => {
    const folder = await smallImage();
    await changeMeta(folder, change, true);
    await expect(verifyRuntimeImage(folder)).rejects.toThrow(message);
  });

  // From here on the checksums are right: a file that somebody made, not one that was damaged.
  const sectionAt = (name: layout.SectionName) =>
    header.bytes + layout.sectionNames.indexOf(name) * layout.section.bytes;
  const set =
    (section: layout.SectionName, index: number, at: number, value: number, width = 4) =>
    (m: Buffer): void =>
      void m.writeUIntLE(value, place(m, section, index) + at, width);
  it.each<[string, (meta: Buffer) => Buffer | void, RegExp]>([
    [
      'a count that overflows 32 bits in bytes',
      (m) => void m.writeUInt32LE(0xffff_ffff, sectionAt('inodes') + 8),
      /4294967295 inodes end at byte \d+, behind the end/,
    ],
    [
      'an offset past the file',
      (m) => void m.writeBigUInt64LE(2n ** 63n, sectionAt('extents')),
      /offset of the extents is 9223372036854775808/,
    ],
    [
      'sections that overlap',
      (m) => void m.writeBigUInt64LE(208n, sectionAt('dentries')),
      /dentries are said to begin at byte 208/,
    ],
    [
      'fewer strings than used',
      (m) => void m.writeUInt32LE(m.readUInt32LE(sectionAt('strings') + 8) - 8, sectionAt('strings') + 8),
      /padding behind the strings is not zero/,
    ],
    [
      'data larger than possible',
      (m) => void m.writeBigUInt64LE(2n ** 40n, header.at.data_pages),
      /data_pages is 1099511627776/,
    ],
    ['a layer without a root', set('layers', 1, layer.at.inode_count, 0), /layers, record 1: it has no root/],
    [
      'inodes of a layer past the table',
      set('layers', 1, layer.at.inode_count, 0xffff_fff0),
      /4294967280 inodes from 4/,
    ],
    ['dentries past the table', set('inodes', 0, inode.at.count, 0xffff_ffff), /4294967295 dentries from 0/],
    [
      'dentries of two directories at one place',
      set('inodes', 1, inode.at.first, 0),
      /inodes, record 1: its dentries begin at 0/,
    ],
    [
      'a directory that is its own child',
      set('dentries', 0, dentry.at.inode, 0),
      /dentries, record 0: inode 0 is not the next new one \(1\)/,
    ],
    ['a directory with two names', set('dentries', 2, dentry.at.inode, 1), /directory 1 has two names/],
    ['an inode of another layer', set('dentries', 0, dentry.at.inode, 5), /inode 5 is not the next new one/],
    [
      'an inode without a name',
      set('dentries', 8, dentry.at.inode, layout.noInode),
      /inodes, record 7: no name leads to it/,
    ],
    [
      'fewer links of a directory than subdirectories',
      set('inodes', 0, inode.at.nlink, 1),
      /inodes, record 0: it says 1 links, and has \d subdirectories/,
    ],
    [
      'more links of a complete directory than subdirectories',
      (m) => {
        m.writeUInt32LE(layout.dirComplete, place(m, 'inodes', 0) + inode.at.flags);
        m.writeUInt32LE(9, place(m, 'inodes', 0) + inode.at.nlink);
      },
      /inodes, record 0: it says 9 links, and has \d subdirectories/,
    ],
    ['a wrong number of names', set('inodes', 3, inode.at.nlink, 3), /it says 3 names, there are 2/],
    [
      'a name past the strings',
      set('dentries', 0, dentry.at.name, 0xffff_fff0),
      /bytes 4294967280 to 4294967283 of \d+/,
    ],
    ['a name without bytes', set('dentries', 0, dentry.at.name_bytes, 0, 2), /a name of 0 bytes/],
    ['a name that is too long', set('dentries', 0, dentry.at.name_bytes, 256, 2), /a name of 256 bytes/],
    [
      'the name ..',
      (m) => {
        writeFirstName(m, '..');
        m.writeUInt16LE(2, place(m, 'dentries', 0) + dentry.at.name_bytes);
      },
      /"\.\." is no name/,
    ],
    ['a slash in a name', (m) => writeFirstName(m, '/'), /is no name/],
    ['names out of order', (m) => writeFirstName(m, 'z'), /its name is not behind that of the one before/],
    ['a mode of no type', set('inodes', 3, inode.at.mode, 0o644), /mode 0644 is none/],
    ['a second of ns', set('inodes', 3, inode.at.mtime_ns, 1e9), /1000000000 ns are a second or more/],
    ['an unknown flag', set('inodes', 3, inode.at.flags, 1), /flags 0x1 are not known here/],
    [
      'a size past 2^53',
      set('inodes', 3, inode.at.size_bytes + 6, 0x20, 2),
      /a size of \d+ bytes is not possible/,
    ],
    [
      'a target past the strings',
      set('inodes', 2, inode.at.first, 0xffff),
      /inodes, record 2: bytes 65535 to 65538/,
    ],
    ['a target of another size', set('inodes', 2, inode.at.count, 2), /a target of 2 bytes, and a size of 3/],
    ['xattrs past the table', set('inodes', 3, inode.at.xattr_count, 9), /9 xattrs from 0/],
    [
      'xattrs out of order',
      set('xattrs', 1, xattr.at.name, 0),
      /xattrs, record 1: its name is not behind that of the one before/,
    ],
    [
      'an xattr value that is too long',
      set('xattrs', 0, xattr.at.value_bytes, 65537),
      /a value of 65537 bytes/,
    ],
    ['an extent past the data', set('extents', 0, extent.at.data_page, 3), /it ends at page 4 of data of 3/],
    [
      'an extent whose end overflows',
      set('extents', 0, extent.at.data_page, 0xffff_ffff),
      /it ends at page 4294967296 of data/,
    ],
    [
      'an extent past the end of its file',
      set('extents', 0, extent.at.file_page, 2),
      /it ends at page 3 of a file of 2/,
    ],
    ['an extent without pages', set('extents', 0, extent.at.page_count, 0), /0 pages from page 1/],
    [
      'an extent across 256 pages',
      set('extents', 1, extent.at.page_count, 2),
      /2 pages from page 255 are too many/,
    ],
    [
      'extents of a file that overlap',
      set('extents', 2, extent.at.file_page, 255),
      /it begins at page 255, the one before ends at 256/,
    ],
    [
      'extents that share data',
      set('extents', 2, extent.at.data_page, 0),
      /page 0 of the data belongs to another extent too/,
    ],
    [
      'data that belong to nothing',
      (m) => void m.writeBigUInt64LE(4n, header.at.data_pages),
      /page 3 of the data belongs to nothing/,
    ],
    [
      'bytes behind the end of a file',
      set('inodes', 3, inode.at.size_bytes, 4097),
      /at byte 1: \/etc\/a, 1 pages from page 1: what lies behind the end/,
    ],
  ])('has %s', async (_what, change, message) => {
    const folder = await smallImage();
    await changeMeta(folder, change);
    await expect(verifyRuntimeImage(folder)).rejects.toThrow(message);
  });

  it('has shared data, and says so', async () => {
    const folder = await smallImage();
    await changeMeta(folder, (m) => {
      m.writeUInt32LE(layout.feature.sharedData, header.at.features);
    });
    await expect(verifyRuntimeImage(folder)).resolves.toMatchObject({ sharedData: true });
  });

  it('has data of another length, or none', async () => {
    const folder = await smallImage();
    await truncate(dataPath(folder), 5000);
    await expect(verifyRuntimeImage(folder)).rejects.toThrow(
      /trio_data: at byte 5000: the file has 5000 bytes/,
    );
    await rm(dataPath(folder));
    await expect(verifyRuntimeImage(folder)).rejects.toThrow(/no runtime image in the folder: ENOENT/);
  });

  it('is a gigabyte of nothing: it is not read', async () => {
    const folder = await smallImage();
    await truncate(metaPath(folder), 1 << 30);
    await expect(openMeta(folder)).rejects.toThrow(/the file has 1073741824 bytes/);
    await writeFile(metaPath(folder), '');
    await truncate(metaPath(folder), 1 << 30);
    const before = process.memoryUsage().rss;
    await expect(openMeta(folder)).rejects.toThrow(/at byte 0: this is no metadata/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });
});
