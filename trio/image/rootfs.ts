import { pathBytes, pathText } from '../trace/path-text.ts';
import { fileType } from './layout.ts';

/**
 * Names, paths and symlink targets of a container image are bytes. Inside trio/image they are strings with one
 * character per byte, so that `<` compares them as the kernel does; these two convert.
 */
export const toBytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const fromBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
/** A byte string from a path as traces and command lines have it, and back. */
export const fromText = (text: string): string => fromBytes(pathBytes(text));
export const toText = (bytes: string): string => pathText(toBytes(bytes));

/** Extended attributes: raw values by full name (a byte string). */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

/** What stat(2) says of something in a layer, and more. */
export interface Attributes {
  /** With the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file's content or a symlink's target; else 0. */
  readonly sizeBytes: number;
  readonly mtimeS: number;
  readonly mtimeNs: number;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  /** A symlink's text; else empty. */
  readonly target: string;
}

/** Something in one layer: an inode, whatever the number of its names. */
export class TreeNode {
  attributes: Attributes;
  /** Its names in this layer; none for the root, one for any other directory. */
  readonly names: { readonly parent: TreeNode; readonly name: string }[] = [];
  /** What a directory holds in this layer; undefined for all else. */
  readonly children: Map<string, TreeNode> | undefined;
  /** A directory that hides those of the layers below. */
  opaque = false;
  #xattrs: () => Xattrs;

  constructor(attributes: Attributes, xattrs: () => Xattrs = () => new Map()) {
    this.attributes = attributes;
    this.#xattrs = xattrs;
    this.children = (attributes.mode & fileType.mask) === fileType.directory ? new Map() : undefined;
  }

  /** Says of what is there already what else it is: a directory named a second time keeps what it holds. */
  update(attributes: Attributes, xattrs: () => Xattrs): void {
    this.attributes = attributes;
    this.#xattrs = xattrs;
  }

  get type(): number {
    return this.attributes.mode & fileType.mask;
  }

  /** What overlayfs has in a layer where a lower layer's name is gone: a character device 0:0. */
  get isWhiteout(): boolean {
    const { rdevMajor, rdevMinor } = this.attributes;
    return this.type === fileType.character && rdevMajor === 0 && rdevMinor === 0;
  }

  /** As a layer mounted below overlayfs shows them. Read when asked for: only few nodes are. */
  xattrs(): Xattrs {
    const own = this.xattrsOfItself();
    return this.opaque ? new Map([...own, ['trusted.overlay.opaque', toBytes('y')]]) : own;
  }

  /** Without what makes a directory opaque. */
  xattrsOfItself(): Xattrs {
    return this.#xattrs();
  }

  /** Puts `child` (also) here. */
  add(name: string, child: TreeNode): void {
    this.children?.set(name, child);
    child.names.push({ parent: this, name });
  }

  /** Takes the name away, and with it what it names if that has no other. */
  remove(name: string): void {
    const child = this.children?.get(name);
    if (!child) return;
    this.children?.delete(name);
    const at = child.names.findIndex((known) => known.parent === this && known.name === name);
    child.names.splice(at, 1);
  }
}

/** A range of a file's content that is wanted. */
export interface ReadRequest {
  readonly node: TreeNode;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Where a container's files come from: the layers of an image, or one directory (a single layer). */
export interface Rootfs {
  /** SHA-256 of what identifies the image: its manifest, or the directory's listing. */
  readonly id: Buffer;
  /** The lowest first. `diffId`: SHA-256 of the layer's tar; of the listing for a directory. */
  readonly layers: readonly { readonly diffId: Buffer; readonly root: TreeNode }[];
  /**
   * Reads ranges. Each is delivered in order and in pieces, by its index in `requests`; different ranges come in
   * the order that is cheapest. A piece is only valid until `deliver` returns.
   *
   * @throws TrioError `ROOTFS_CHANGED` when a file is shorter than it was
   */
  read(
    requests: readonly ReadRequest[],
    deliver: (index: number, piece: Uint8Array) => void | Promise<void>,
  ): Promise<void>;
}
