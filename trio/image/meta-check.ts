import * as layout from './layout.ts';
import type { SectionName } from './layout.ts';
import { badImage, type ImageMeta } from './meta-reader.ts';

const { fileType } = layout;

/**
 * Checks every record of an {@link ImageMeta} against FORMAT.md, in one pass over each section and with no memory but
 * one number per inode of a layer. Afterwards all indexes, offsets and counts in it can be used as they are.
 *
 * @throws TrioError `BAD_RUNTIME_IMAGE`
 */
export function checkRecords(meta: ImageMeta): void {
  const checker = new RecordChecker(meta);
  for (let index = 0; index < meta.count('layers'); index++) checker.layer(index);
  checker.end();
}

/** Where the records of each section must go on: the ranges of layers and inodes follow each other without gaps. */
class RecordChecker {
  readonly #meta: ImageMeta;
  readonly #next = { layers: 0, inodes: 0, dentries: 0, extents: 0, xattrs: 0, strings: 0 };

  constructor(meta: ImageMeta) {
    this.#meta = meta;
    const layers = meta.count('layers');
    if (layers < 1 || layers > layout.layersMax)
      throw badImage(
        meta.name,
        meta.place('layers', 0),
        `${layers} layers; 1 to ${layout.layersMax} are possible`,
      );
  }

  layer(index: number): void {
    const u32 = (field: keyof typeof layout.layer.at) =>
      this.#meta.field('layers', layout.layer, index, field);
    if (u32('reserved') !== 0 || u32('reserved2') !== 0)
      throw this.#bad('layers', index, 'a reserved field is not zero');
    const dentries = { first: u32('first_dentry'), count: u32('dentry_count') };
    const extents = { first: u32('first_extent'), count: u32('extent_count') };
    const inodes = { first: u32('first_inode'), count: u32('inode_count') };
    if (inodes.count === 0) throw this.#bad('layers', index, 'it has no root');
    if (dentries.first !== this.#next.dentries || extents.first !== this.#next.extents)
      throw this.#bad('layers', index, 'its dentries or extents do not follow those of the layer before');
    this.#take('inodes', inodes.first, inodes.count, 'layers', index);

    // Inodes are numbered by their first names, in the order of the directories: then the names form a tree.
    const namesOf = new Uint32Array(inodes.count);
    let known = inodes.first + 1;
    for (let number = inodes.first; number < inodes.first + inodes.count; number++) {
      if (number >= known) throw this.#bad('inodes', number, 'no name leads to it');
      known = this.#inode(number, known, inodes, namesOf);
    }
    for (const [i, names] of namesOf.entries()) this.#linkCount(inodes.first + i, names);
    if (this.#next.dentries !== dentries.first + dentries.count)
      throw this.#bad(
        'layers',
        index,
        `it says ${dentries.count} dentries, its directories have ${this.#next.dentries - dentries.first}`,
      );
    if (this.#next.extents !== extents.first + extents.count)
      throw this.#bad(
        'layers',
        index,
        `it says ${extents.count} extents, its files have ${this.#next.extents - extents.first}`,
      );
  }

  /** Whether all records belonged to something. */
  end(): void {
    for (const section of ['inodes', 'dentries', 'extents', 'xattrs'] as const)
      if (this.#next[section] !== this.#meta.count(section))
        throw this.#bad(section, this.#next[section], 'it belongs to nothing');
  }

  /** Returns the number that the next inode with a first name must have. */
  #inode(
    number: number,
    known: number,
    inodes: { first: number; count: number },
    namesOf: Uint32Array,
  ): number {
    const u32 = (field: keyof typeof layout.inode.at) =>
      this.#meta.field('inodes', layout.inode, number, field);
    const bad = (why: string) => this.#bad('inodes', number, why);
    const mode = u32('mode');
    const type = mode & fileType.mask;
    const [first, count] = [u32('first'), u32('count')];
    if (mode > 0o177777 || !Object.values(fileType).some((t) => t === type && t !== fileType.mask))
      throw bad(`mode 0${mode.toString(8)} is none`);
    if (u32('mtime_ns') >= 1e9) throw bad(`${u32('mtime_ns')} ns are a second or more`);
    const size = this.#meta.bytes.readBigUInt64LE(
      this.#meta.place('inodes', number) + layout.inode.at.size_bytes,
    );
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`a size of ${size} bytes is not possible`);
    const isDevice = type === fileType.character || type === fileType.block;
    if (!isDevice && (u32('rdev_major') !== 0 || u32('rdev_minor') !== 0))
      throw bad('a device number without a device');
    const flags = type === fileType.directory ? layout.dirComplete : 0;
    if ((u32('flags') & ~flags) !== 0) throw bad(`flags 0x${u32('flags').toString(16)} are not known here`);
    if (number === inodes.first && type !== fileType.directory) throw bad('the root is no directory');
    this.#xattrsOf(number, u32('first_xattr'), u32('xattr_count'));

    if (type === fileType.regular) {
      this.#take('extents', first, count, 'inodes', number);
      this.#extentsOf(first, count, Math.ceil(Number(size) / layout.pageBytes));
      return known;
    }
    if (type === fileType.symlink) {
      if (count < 1 || count > layout.targetBytesMax || BigInt(count) !== size)
        throw bad(`a target of ${count} bytes, and a size of ${size}`);
      if (this.#text('inodes', number, first, count).includes(0)) throw bad('NUL in the target');
      return known;
    }
    if (size !== 0n) throw bad(`${size} bytes of content in what has none`);
    if (type === fileType.directory) {
      this.#take('dentries', first, count, 'inodes', number);
      return this.#dentriesOf(number, first, count, known, inodes, namesOf);
    }
    if (first !== 0 || count !== 0) throw bad('content in what has none');
    return known;
  }

  #dentriesOf(
    directory: number,
    first: number,
    count: number,
    knownBefore: number,
    inodes: { first: number; count: number },
    namesOf: Uint32Array,
  ): number {
    let known = knownBefore;
    let directories = 0;
    let before: Buffer | undefined;
    for (let index = first; index < first + count; index++) {
      const name = this.#name(index);
      if (before && Buffer.compare(before, name) >= 0)
        throw this.#bad('dentries', index, 'its name is not behind that of the one before');
      before = name;
      const inode = this.#meta.field('dentries', layout.dentry, index, 'inode');
      if (inode === layout.noInode) continue;
      if (inode === known && inode < inodes.first + inodes.count) known++;
      else if (inode <= inodes.first || inode >= known)
        throw this.#bad(
          'dentries',
          index,
          `inode ${inode} is not the next new one (${known}) nor one before`,
        );
      else if (this.#isDirectory(inode))
        throw this.#bad('dentries', index, `directory ${inode} has two names`);
      const at = inode - inodes.first;
      namesOf[at] = (namesOf[at] ?? 0) + 1;
      if (this.#isDirectory(inode)) directories++;
    }
    this.#directoryLinks(directory, directories);
    if (known <= directory) throw this.#bad('inodes', directory, 'no name leads to it');
    return known;
  }

  #name(index: number): Buffer {
    const at = this.#meta.place('dentries', index);
    const { bytes } = this.#meta;
    if (bytes.readUInt16LE(at + layout.dentry.at.reserved) !== 0)
      throw this.#bad('dentries', index, 'a reserved field is not zero');
    const lengthBytes = bytes.readUInt16LE(at + layout.dentry.at.name_bytes);
    if (lengthBytes < 1 || lengthBytes > layout.nameBytesMax)
      throw this.#bad('dentries', index, `a name of ${lengthBytes} bytes`);
    const name = this.#text('dentries', index, bytes.readUInt32LE(at + layout.dentry.at.name), lengthBytes);
    const text = name.toString('latin1');
    if (text === '.' || text === '..' || name.includes(0) || name.includes(0x2f))
      throw this.#bad('dentries', index, `${JSON.stringify(name.toString())} is no name`);
    return name;
  }

  #linkCount(number: number, names: number): void {
    if (this.#isDirectory(number)) return;
    const nlink = this.#meta.field('inodes', layout.inode, number, 'nlink');
    if (nlink !== names) throw this.#bad('inodes', number, `it says ${nlink} names, there are ${names}`);
  }

  /** A directory that is not complete may have more subdirectories in the layer than here. */
  #directoryLinks(number: number, directories: number): void {
    const u32 = (field: 'nlink' | 'flags') => this.#meta.field('inodes', layout.inode, number, field);
    const nlink = u32('nlink');
    const isComplete = (u32('flags') & layout.dirComplete) !== 0;
    if (isComplete ? nlink !== 2 + directories : nlink < 2 + directories)
      throw this.#bad('inodes', number, `it says ${nlink} links, and has ${directories} subdirectories`);
  }

  #isDirectory(number: number): boolean {
    return (this.#meta.field('inodes', layout.inode, number, 'mode') & fileType.mask) === fileType.directory;
  }

  #extentsOf(first: number, count: number, filePages: number): void {
    let before = 0;
    for (let index = first; index < first + count; index++) {
      const u32 = (field: keyof typeof layout.extent.at) =>
        this.#meta.field('extents', layout.extent, index, field);
      const bad = (why: string) => this.#bad('extents', index, why);
      const [filePage, dataPage, pages] = [u32('file_page'), u32('data_page'), u32('page_count')];
      if (pages < 1 || (filePage % layout.extentPagesMax) + pages > layout.extentPagesMax)
        throw bad(`${pages} pages from page ${filePage} are too many`);
      if (filePage < before) throw bad(`it begins at page ${filePage}, the one before ends at ${before}`);
      before = filePage + pages;
      if (before > filePages) throw bad(`it ends at page ${before} of a file of ${filePages}`);
      if (dataPage + pages > this.#meta.dataPages)
        throw bad(`it ends at page ${dataPage + pages} of data of ${this.#meta.dataPages}`);
    }
  }

  #xattrsOf(number: number, first: number, count: number): void {
    this.#take('xattrs', first, count, 'inodes', number);
    let before: Buffer | undefined;
    for (let index = first; index < first + count; index++) {
      const at = this.#meta.place('xattrs', index);
      const { bytes } = this.#meta;
      const nameBytes = bytes.readUInt16LE(at + layout.xattr.at.name_bytes);
      const valueBytes = bytes.readUInt32LE(at + layout.xattr.at.value_bytes);
      const bad = (why: string) => this.#bad('xattrs', index, why);
      if (bytes.readUInt16LE(at + layout.xattr.at.reserved) !== 0) throw bad('a reserved field is not zero');
      if (nameBytes < 1 || nameBytes > layout.xattrNameBytesMax) throw bad(`a name of ${nameBytes} bytes`);
      if (valueBytes > layout.xattrValueBytesMax) throw bad(`a value of ${valueBytes} bytes`);
      const name = this.#text('xattrs', index, bytes.readUInt32LE(at + layout.xattr.at.name), nameBytes);
      this.#text('xattrs', index, bytes.readUInt32LE(at + layout.xattr.at.value), valueBytes);
      if (name.includes(0)) throw bad('NUL in the name');
      if (before && Buffer.compare(before, name) >= 0)
        throw bad('its name is not behind that of the one before');
      before = name;
    }
  }

  /** Takes the next records of a section, which must be these. */
  #take(
    section: 'inodes' | 'dentries' | 'extents' | 'xattrs',
    first: number,
    count: number,
    owner: SectionName,
    index: number,
  ): void {
    if (first !== this.#next[section])
      throw this.#bad(owner, index, `its ${section} begin at ${first}, the next is ${this.#next[section]}`);
    if (count > this.#meta.count(section) - first)
      throw this.#bad(
        owner,
        index,
        `${count} ${section} from ${first}; there are ${this.#meta.count(section)}`,
      );
    this.#next[section] = first + count;
  }

  #text(section: SectionName, index: number, offset: number, lengthBytes: number): Buffer {
    const stringBytes = this.#meta.count('strings');
    if (offset > stringBytes || lengthBytes > stringBytes - offset)
      throw this.#bad(
        section,
        index,
        `bytes ${offset} to ${offset + lengthBytes} of ${stringBytes} of the strings`,
      );
    return this.#meta.string(offset, lengthBytes);
  }

  #bad(section: SectionName, index: number, why: string) {
    const at = this.#meta.place(section, index);
    return badImage(this.#meta.name, at, `${section}, record ${index}: ${why}`);
  }
}
