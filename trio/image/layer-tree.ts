import { TrioError } from '../errors.ts';
import { fileType } from './layout.ts';
import { toText, TreeNode, type Attributes } from './rootfs.ts';
import type { TarEntry } from './tar-reader.ts';

const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';
/** aufs keeps its own things under such names. */
const aufsPrefix = '.wh..wh.';

const whiteout: Attributes = {
  mode: fileType.character,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtimeS: 0,
  mtimeNs: 0,
  rdevMajor: 0,
  rdevMinor: 0,
  target: '',
};
const inventedDirectory: Attributes = { ...whiteout, mode: fileType.directory | 0o755 };

/**
 * A layer as it looks mounted below overlayfs, grown from the entries of its tar: `.wh.` names have become whiteouts
 * (character devices 0:0), and directories marked opaque are so.
 */
export class LayerTree {
  readonly root = new TreeNode(inventedDirectory);
  readonly #name: string;
  readonly #below: readonly TreeNode[];

  /** `below`: the roots of the layers below, the nearest first. */
  constructor(name: string, below: readonly TreeNode[]) {
    this.#name = name;
    this.#below = below;
    this.#inherit(this.root, []);
  }

  /**
   * Adds an entry; returns the file whose content comes with it.
   *
   * @throws TrioError `BAD_LAYER`
   */
  add({ path, attributes, xattrs, linkTo }: TarEntry): TreeNode | undefined {
    const names = path === '' ? [] : path.split('/');
    const name = names.pop();
    if (name === undefined) {
      if ((attributes.mode & fileType.mask) !== fileType.directory)
        throw this.#bad('/', 'it is no directory');
      this.root.update(attributes, () => xattrs);
      return undefined;
    }
    const parent = this.#directory(names, path);
    const before = parent.children?.get(name);
    if (name === opaqueMarker) parent.opaque = true;
    else if (name.startsWith(aufsPrefix)) return undefined;
    else if (name.startsWith(whiteoutPrefix)) whiteOut(parent, name.slice(whiteoutPrefix.length));
    else if (linkTo !== undefined) put(parent, name, this.#linkTarget(linkTo, path));
    else if (before?.children && (attributes.mode & fileType.mask) === fileType.directory)
      before.update(attributes, () => xattrs);
    else {
      const node = new TreeNode(attributes, () => xattrs);
      put(parent, name, node);
      return node.type === fileType.regular ? node : undefined;
    }
    return undefined;
  }

  /** The directory; made if the layer has not named it. */
  #directory(names: readonly string[], path: string): TreeNode {
    let at = this.root;
    for (const [i, name] of names.entries()) {
      let next = at.children?.get(name);
      if (!next || next.isWhiteout) {
        const made = new TreeNode(inventedDirectory);
        this.#inherit(made, names.slice(0, i + 1));
        put(at, name, made);
        next = made;
      }
      if (!next.children) throw this.#bad(path, 'it goes through something that is no directory');
      at = next;
    }
    return at;
  }

  /** A directory that a layer does not name is like the one below. */
  #inherit(directory: TreeNode, names: readonly string[]): void {
    for (const root of this.#below) {
      const below = find(root, names);
      if (!below) continue;
      if (below.children) directory.update(below.attributes, () => below.xattrsOfItself());
      return;
    }
  }

  /** Within the layer: a link to a file of a layer below is something that layers cannot say. */
  #linkTarget(linkTo: string, path: string): TreeNode {
    const target = find(this.root, linkTo.split('/'));
    if (!target || target.children || target.isWhiteout)
      throw this.#bad(
        path,
        `it is a hard link to ${toText(linkTo)}, which is no file before it in the layer`,
      );
    return target;
  }

  #bad(path: string, why: string): TrioError {
    return new TrioError('BAD_LAYER', `${this.#name}: ${toText(path)}: ${why}`);
  }
}

function find(root: TreeNode, names: readonly string[]): TreeNode | undefined {
  let at: TreeNode | undefined = root;
  for (const name of names) at = at?.children?.get(name);
  return at;
}

/** A whiteout concerns only what is below: what the layer itself has there stays, in a directory of its own. */
function whiteOut(parent: TreeNode, name: string): void {
  const own = parent.children?.get(name);
  if (own?.children) own.opaque = true;
  else if (!own) parent.add(name, new TreeNode(whiteout));
}

function put(parent: TreeNode, name: string, node: TreeNode): void {
  const before = parent.children?.get(name);
  if (before === node) return;
  if (before?.isWhiteout && node.children) node.opaque = true;
  parent.remove(name);
  parent.add(name, node);
}
