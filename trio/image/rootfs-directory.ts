import { getAttributeSync, listAttributesSync } from '@napi-rs/xattr';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { TrioError } from '../errors.ts';
import { fileType } from './layout.ts';
import { fromText, toBytes, toText, TreeNode, type ReadRequest, type Rootfs, type Xattrs } from './rootfs.ts';

const pieceBytes = 1 << 20;
/**
 * After how many bytes or directories a spinner may turn and Ctrl-C is heard: the calls are synchronous, also those of
 * who takes what was read. They are short and many, but a write may wait for a slow disk.
 */
const breatheEveryBytes = 8 << 20;
const breatheEveryDirectories = 256;

/**
 * A container's root file system as a directory (a mounted or unpacked image): one layer. File systems mounted below
 * it are left out. Contents are read when asked for.
 *
 * @throws TrioError `NO_ROOTFS`, `ROOTFS_UNREADABLE`
 */
export async function openDirectory(folder: string): Promise<Rootfs> {
  const base = folder === '/' ? '' : fromText(folder.replace(/\/+$/, ''));
  const top = stat(base || '/');
  if (!top || Number(top.mode & 0o170000n) !== fileType.directory)
    throw new TrioError('NO_ROOTFS', `${folder} is no directory: name one that holds a root file system`);
  const tree = new DirectoryTree(base, top);
  await tree.walk();
  const id = tree.listing.digest();
  return {
    id,
    layers: [{ diffId: id, root: tree.root }],
    read: (requests, deliver) => read(base, requests, deliver),
  };
}

class DirectoryTree {
  readonly root: TreeNode;
  /** Everything that identifies the tree, but contents: hashing them would mean to read all of them. */
  readonly listing = createHash('sha256').update('trio directory 1\n');
  readonly #base: string;
  readonly #device: bigint;
  /** Inodes with more than one name, by device and number, and their first path. */
  readonly #linked = new Map<string, { node: TreeNode; path: string }>();

  constructor(base: string, top: BigIntStats) {
    this.#base = base;
    this.#device = top.dev;
    this.root = this.#node(top, '');
  }

  async walk(): Promise<void> {
    const directories = [{ node: this.root, path: '' }];
    let count = 0;
    // What is found meanwhile comes last: breadth first.
    for (const { node, path } of directories) {
      for (const name of list(`${this.#base}${path}` || '/')) {
        const child = this.#add(node, name, `${path}/${name}`);
        if (child?.children) directories.push({ node: child, path: `${path}/${name}` });
      }
      if (++count % breatheEveryDirectories === 0) await breathe();
    }
  }

  #add(parent: TreeNode, name: string, path: string): TreeNode | undefined {
    const stats = stat(`${this.#base}${path}`);
    if (!stats) return undefined; // gone since it was listed
    const key = `${stats.dev}:${stats.ino}`;
    const isDirectory = Number(stats.mode & 0o170000n) === fileType.directory;
    const known = isDirectory ? undefined : this.#linked.get(key);
    if (known) this.listing.update(`${JSON.stringify([path, known.path])}\n`);
    const node = known?.node ?? this.#node(stats, path);
    if (!known && !isDirectory && stats.nlink > 1n) this.#linked.set(key, { node, path });
    parent.add(name, node);
    // Below a mount point are other file systems (proc, say): no part of the image.
    return isDirectory && stats.dev !== this.#device ? undefined : node;
  }

  #node(stats: BigIntStats, path: string): TreeNode {
    const mode = Number(stats.mode);
    const type = mode & fileType.mask;
    const target =
      type === fileType.symlink ? readlinkSync(toBytes(`${this.#base}${path}`), { encoding: 'latin1' }) : '';
    const isDevice = type === fileType.character || type === fileType.block;
    const attributes = {
      mode,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      sizeBytes: type === fileType.regular ? Number(stats.size) : target.length,
      mtimeS: Number(floorDiv(stats.mtimeNs, 1_000_000_000n)),
      mtimeNs: Number(
        BigInt.asUintN(64, stats.mtimeNs - floorDiv(stats.mtimeNs, 1_000_000_000n) * 1_000_000_000n),
      ),
      // As glibc's makedev() puts them together.
      rdevMajor: isDevice ? Number(((stats.rdev >> 8n) & 0xfffn) | ((stats.rdev >> 32n) & 0xfffff000n)) : 0,
      rdevMinor: isDevice ? Number((stats.rdev & 0xffn) | ((stats.rdev >> 12n) & 0xffffff00n)) : 0,
      target,
    };
    this.listing.update(`${JSON.stringify([path, ...Object.values(attributes)])}\n`);
    return new TreeNode(attributes, () => readXattrs(`${this.#base}${path}` || '/'));
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function stat(path: string): BigIntStats | undefined {
  try {
    return lstatSync(toBytes(path), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(toBytes(path), { encoding: 'latin1' }).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Extended attributes that belong to a file's content; SELinux labels belong to the host. */
function readXattrs(bytePath: string): Xattrs {
  const path = toText(bytePath);
  if (fromText(path) !== bytePath)
    throw new TrioError(
      'ROOTFS_UNREADABLE',
      `${path}: extended attributes of a name that is not UTF-8 cannot be read`,
    );
  try {
    const names = listAttributesSync(path).filter((name) => name !== 'security.selinux');
    return new Map(names.map((name) => [fromText(name), getAttributeSync(path, name) ?? Buffer.alloc(0)]));
  } catch (error) {
    // Many file systems have none.
    if (/not supported|os error 95/i.test(String(error))) return new Map();
    throw unreadable(bytePath, error);
  }
}

async function read(
  base: string,
  requests: readonly ReadRequest[],
  deliver: (index: number, piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  let open: OpenFile | undefined;
  let sinceBreathBytes = 0;
  try {
    for (const [index, { node, offsetBytes, lengthBytes }] of requests.entries()) {
      if (open?.node !== node) {
        if (open) closeSync(open.fd);
        open = undefined;
        open = openFile(base, node);
      }
      for (let done = 0; done < lengthBytes;) {
        const piece = buffer.subarray(0, Math.min(pieceBytes, lengthBytes - done));
        const gotBytes = readAt(open, piece, offsetBytes + done);
        await deliver(index, piece.subarray(0, gotBytes));
        done += gotBytes;
        sinceBreathBytes += gotBytes;
      }
      if (sinceBreathBytes < breatheEveryBytes) continue;
      sinceBreathBytes = 0;
      await breathe();
    }
  } finally {
    if (open) closeSync(open.fd);
  }
}

type OpenFile = { readonly node: TreeNode; readonly path: string; readonly fd: number };

function openFile(base: string, node: TreeNode): OpenFile {
  const names: string[] = [];
  for (let at = node.names[0]; at; at = at.parent.names[0]) names.push(at.name);
  const path = `${base}/${names.reverse().join('/')}`;
  try {
    return { node, path, fd: openSync(toBytes(path), constants.O_RDONLY | constants.O_NOFOLLOW) };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function readAt({ path, fd }: OpenFile, piece: Buffer, offsetBytes: number): number {
  let gotBytes: number;
  try {
    gotBytes = readSync(fd, piece, 0, piece.length, offsetBytes);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (gotBytes === 0)
    throw new TrioError('ROOTFS_CHANGED', `${toText(path)} became shorter while it was read`);
  return gotBytes;
}

function unreadable(path: string, error: unknown): TrioError {
  const why = error instanceof Error ? error.message : String(error);
  return new TrioError('ROOTFS_UNREADABLE', `${toText(path)} cannot be read: ${why}`, { cause: error });
}
