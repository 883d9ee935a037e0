import { crc32c } from '@node-rs/crc32';
import { TrioError } from '../errors.ts';
import * as layout from './layout.ts';
import { pathOf } from './merged-view.ts';
import type { Plan } from './plan.ts';
import { RecordTable, StringPool, writeRecord } from './record-table.ts';
import { fromBytes, toText, type Rootfs, type TreeNode } from './rootfs.ts';

/** What of a runtime image only its data tell. */
export interface PackedData {
  readonly sha256: Uint8Array;
  /** Of each extent of the plan. */
  readonly crc32cs: Uint32Array;
}

/** An extent and its checksum, as a record has them. */
interface ExtentRecord {
  readonly filePage: number;
  readonly dataPage: number;
  readonly pageCount: number;
  readonly crc32c: number;
}

/**
 * Writes the metadata of a runtime image. `used` says per directory of each layer which names the start looked up in
 * it ({@link MergedView.used}); the same input gives the same bytes.
 *
 * @throws TrioError `UNREPRESENTABLE` for what the format cannot say
 */
export function writeMeta(
  rootfs: Rootfs,
  used: ReadonlyMap<TreeNode, ReadonlySet<string>>,
  plan: Plan,
  data: PackedData,
): Buffer {
  if (rootfs.layers.length > layout.layersMax)
    throw cannot(
      'the image',
      `it has ${rootfs.layers.length} layers, at most ${layout.layersMax} are possible`,
    );
  const extentsOf = new Map<TreeNode, ExtentRecord[]>();
  for (const [i, { node, ...extent }] of plan.extents.entries()) {
    const record = { ...extent, crc32c: data.crc32cs[i] ?? 0 };
    const known = extentsOf.get(node);
    if (known) known.push(record);
    else extentsOf.set(node, [record]);
  }
  const writer = new MetaWriter(withAllNames(used), extentsOf);
  for (const { diffId, root } of rootfs.layers) writer.addLayer(diffId, root);
  return writer.assemble(rootfs.id, plan.pages, data.sha256);
}

/** The names, and every other name of the inodes that they name (a hard link found under one is the same under all). */
function withAllNames(used: ReadonlyMap<TreeNode, ReadonlySet<string>>): Map<TreeNode, Set<string>> {
  const all = new Map([...used].map(([directory, names]) => [directory, new Set(names)]));
  const addName = (node: TreeNode): void => {
    for (const { parent, name } of node.names) {
      const names = all.get(parent);
      if (names?.has(name)) continue;
      if (names) names.add(name);
      else all.set(parent, new Set([name]));
      addName(parent);
    }
  };
  for (const [directory, names] of used)
    for (const name of names) {
      const node = directory.children?.get(name);
      if (node && node.names.length > 1) addName(node);
    }
  return all;
}

class MetaWriter {
  readonly #used: ReadonlyMap<TreeNode, ReadonlySet<string>>;
  readonly #extentsOf: ReadonlyMap<TreeNode, readonly ExtentRecord[]>;
  readonly #layers = new RecordTable(layout.layer);
  readonly #inodes = new RecordTable(layout.inode);
  readonly #dentries = new RecordTable(layout.dentry);
  readonly #extents = new RecordTable(layout.extent);
  readonly #xattrs = new RecordTable(layout.xattr);
  readonly #strings = new StringPool();

  constructor(
    used: ReadonlyMap<TreeNode, ReadonlySet<string>>,
    extentsOf: ReadonlyMap<TreeNode, readonly ExtentRecord[]>,
  ) {
    this.#used = used;
    this.#extentsOf = extentsOf;
  }

  /**
   * Inodes are numbered as their first names come when the directories are gone through in the order of their
   * numbers; so a reader sees in one pass that the names form a tree.
   */
  addLayer(diffId: Uint8Array, root: TreeNode): void {
    const first = {
      first_inode: this.#inodes.count,
      first_dentry: this.#dentries.count,
      first_extent: this.#extents.count,
    };
    const numbers = new Map<TreeNode, number>([[root, first.first_inode]]);
    // A Map's iterator sees what is added meanwhile.
    for (const node of numbers.keys()) {
      const content = this.#addContent(node, (child) => {
        const number = numbers.get(child) ?? first.first_inode + numbers.size;
        numbers.set(child, number);
        return number;
      });
      this.#addInode(node, content);
    }
    this.#layers.add({
      diff_id: diffId,
      ...first,
      inode_count: numbers.size,
      dentry_count: this.#dentries.count - first.first_dentry,
      extent_count: this.#extents.count - first.first_extent,
    });
  }

  #addContent(node: TreeNode, numberOf: (child: TreeNode) => number) {
    const { fileType } = layout;
    if (node.type === fileType.directory) {
      const first = this.#dentries.count;
      const names = [...(this.#used.get(node) ?? [])].sort((a, b) => (a < b ? -1 : 1));
      let existing = 0;
      for (const name of names) {
        const child = node.children?.get(name);
        if (child) existing++;
        this.#addDentry(node, name, child ? numberOf(child) : layout.noInode);
      }
      return { first, count: names.length, flags: existing === node.children?.size ? layout.dirComplete : 0 };
    }
    if (node.type === fileType.regular) {
      const first = this.#extents.count;
      const extents = [...(this.#extentsOf.get(node) ?? [])].sort((a, b) => a.filePage - b.filePage);
      for (const { filePage, dataPage, pageCount, crc32c: crc } of extents)
        this.#extents.add({ file_page: filePage, data_page: dataPage, page_count: pageCount, crc32c: crc });
      return { first, count: extents.length, flags: 0 };
    }
    if (node.type === fileType.symlink) {
      const { target } = node.attributes;
      if (target.length > layout.targetBytesMax) throw cannot(pathOf(node), 'its target is too long');
      return { first: this.#strings.add(target), count: target.length, flags: 0 };
    }
    return { first: 0, count: 0, flags: 0 };
  }

  #addDentry(directory: TreeNode, name: string, inode: number): void {
    if (name.length > layout.nameBytesMax)
      throw cannot(
        `${pathOf(directory)}: ${toText(name)}`,
        `the name is longer than ${layout.nameBytesMax} bytes`,
      );
    this.#dentries.add({ inode, name: this.#strings.add(name), name_bytes: name.length });
  }

  #addInode(node: TreeNode, content: { first: number; count: number; flags: number }): void {
    const { mode, uid, gid, sizeBytes, mtimeS, mtimeNs, rdevMajor, rdevMinor } = node.attributes;
    const firstXattr = this.#xattrs.count;
    for (const [name, value] of [...node.xattrs()].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (name.length > layout.xattrNameBytesMax || value.length > layout.xattrValueBytesMax)
        throw cannot(pathOf(node), `its extended attribute ${toText(name)} is too long`);
      this.#xattrs.add({
        name: this.#strings.add(name),
        name_bytes: name.length,
        value: this.#strings.add(fromBytes(value)),
        value_bytes: value.length,
      });
    }
    this.#inodes.add({
      size_bytes: sizeBytes,
      mtime_s: mtimeS,
      mtime_ns: mtimeNs,
      mode,
      uid,
      gid,
      nlink: node.children ? 2 + countDirectories(node) : node.names.length,
      rdev_major: rdevMajor,
      rdev_minor: rdevMinor,
      ...content,
      first_xattr: firstXattr,
      xattr_count: this.#xattrs.count - firstXattr,
    });
  }

  /** Header and sections; the checksums come last. */
  assemble(imageId: Uint8Array, dataPages: number, dataSha256: Uint8Array): Buffer {
    const sections = {
      layers: this.#layers,
      inodes: this.#inodes,
      dentries: this.#dentries,
      extents: this.#extents,
      xattrs: this.#xattrs,
      strings: this.#strings,
    };
    const parts: Buffer[] = [Buffer.alloc(layout.headerBytes)];
    const table = new RecordTable(layout.section);
    let offset = layout.headerBytes;
    for (const name of layout.sectionNames) {
      const bytes = sections[name].bytes();
      const padBytes = -bytes.length & (layout.sectionAlignBytes - 1);
      table.add({ offset, count: bytes.length / layout.recordBytes[name], crc32c: crc32c(bytes) });
      parts.push(bytes, Buffer.alloc(padBytes));
      offset += bytes.length + padBytes;
    }
    if (offset > layout.metaBytesMax)
      throw cannot('the metadata', `${offset} bytes are more than ${layout.metaBytesMax}`);
    const meta = Buffer.concat(parts, offset);
    writeRecord(meta, 0, layout.header, {
      magic: layout.magic,
      version: layout.version,
      page_bytes: layout.pageBytes,
      image_id: imageId,
      data_sha256: dataSha256,
      data_pages: dataPages,
      meta_bytes: offset,
    });
    meta.set(table.bytes(), layout.header.bytes);
    const crcAt = layout.headerBytes - 4;
    meta.writeUInt32LE(crc32c(meta.subarray(0, crcAt)), crcAt);
    return meta;
  }
}

function countDirectories(directory: TreeNode): number {
  let count = 0;
  for (const child of directory.children?.values() ?? []) if (child.children) count++;
  return count;
}

function cannot(what: string, why: string): TrioError {
  return new TrioError('UNREPRESENTABLE', `${what} does not fit into a runtime image: ${why}`);
}
