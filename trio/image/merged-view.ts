import { TrioError } from '../errors.ts';
import { fileType } from './layout.ts';
import { fromText, toText, type Rootfs, type TreeNode } from './rootfs.ts';

/** Something in the container's root file system: the node that shows, and in which layer it is. */
export interface Found {
  readonly node: TreeNode;
  readonly layer: number;
}

/** Why a path leads to nothing. */
export type NotFound = 'missing' | 'notDirectory';

/** A directory as overlayfs merges it: those of the layers that show through, the highest first. */
interface MergedDirectory {
  readonly parts: readonly Found[];
  readonly looked: Map<string, Found | MergedDirectory | undefined>;
}

/** As the kernel's limit. */
const symlinksMax = 40;

/**
 * The layers of an image as the container sees them. Paths are resolved inside: a symlink, absolute or with any
 * number of `..`, never leads out of the root. Every lookup that overlayfs would do in a layer is remembered, found or
 * not: {@link used} is what a layer must be able to answer for the same paths.
 */
export class MergedView {
  /** Per directory of a layer the names that were looked up in it. */
  readonly used = new Map<TreeNode, Set<string>>();
  readonly #root: MergedDirectory;

  constructor(rootfs: Rootfs) {
    const parts = rootfs.layers.map(({ root }, layer) => ({ node: root, layer })).reverse();
    // A root that is opaque hides the roots below it.
    const opaque = parts.findIndex(({ node }) => node.opaque);
    this.#root = merged(opaque < 0 ? parts : parts.slice(0, opaque + 1));
    for (const { node } of parts) this.used.set(node, new Set());
  }

  /**
   * Follows an absolute path as it was seen in the container. `followLast` says whether a symlink at its end is
   * followed, as open does, or found itself, as lstat does.
   *
   * @throws TrioError `BAD_PATH` for a relative path or one with `..`, `SYMLINK_LOOP`
   */
  resolve(path: string, followLast: boolean): Found | NotFound {
    if (!path.startsWith('/')) throw new TrioError('BAD_PATH', `"${path}" is not an absolute path`);
    const names = fromText(path).split('/');
    if (names.includes('..')) throw new TrioError('BAD_PATH', `"${path}" has a ".." in it`);
    const chain = [this.#root];
    let pending = names.reverse();
    let symlinks = 0;
    for (;;) {
      const name = pending.pop();
      const here = chain.at(-1) ?? this.#root;
      if (name === undefined) return here.parts[0] ?? 'missing';
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (chain.length > 1) chain.pop();
        continue;
      }
      const next = this.#lookup(here, name);
      if (!next) return 'missing';
      if ('parts' in next) {
        chain.push(next);
        continue;
      }
      const last = !pending.some((rest) => rest !== '' && rest !== '.');
      if (next.node.type === fileType.symlink && (followLast || !last)) {
        if (++symlinks > symlinksMax)
          throw new TrioError('SYMLINK_LOOP', `"${path}" goes through more than ${symlinksMax} symlinks`);
        const { target } = next.node.attributes;
        if (target.startsWith('/')) chain.length = 1;
        pending = [...pending, ...target.split('/').reverse()];
        continue;
      }
      // As the kernel: a trailing slash or a dot after a file is an error as well.
      return pending.length === 0 ? next : 'notDirectory';
    }
  }

  #lookup(directory: MergedDirectory, name: string): Found | MergedDirectory | undefined {
    const known = directory.looked.get(name);
    if (known || directory.looked.has(name)) return known;
    const found = this.#lookupLayers(directory, name);
    directory.looked.set(name, found);
    return found;
  }

  /** As ovl_lookup() does: from the highest layer down, until something hides what is below. */
  #lookupLayers(directory: MergedDirectory, name: string): Found | MergedDirectory | undefined {
    const parts: Found[] = [];
    for (const { node: parent, layer } of directory.parts) {
      this.#use(parent, name);
      const node = parent.children?.get(name);
      if (!node) continue;
      if (node.isWhiteout) break;
      if (!node.children) {
        if (parts.length === 0) return { node, layer };
        break;
      }
      parts.push({ node, layer });
      if (node.opaque) break;
    }
    return parts.length > 0 ? merged(parts) : undefined;
  }

  #use(directory: TreeNode, name: string): void {
    const names = this.used.get(directory);
    if (names) names.add(name);
    else this.used.set(directory, new Set([name]));
  }
}

function merged(parts: readonly Found[]): MergedDirectory {
  return { parts, looked: new Map() };
}

/** A path of a node in its layer, for people. */
export function pathOf(node: TreeNode): string {
  const names: string[] = [];
  for (let at = node.names[0]; at; at = at.parent.names[0]) names.push(at.name);
  return `/${toText(names.reverse().join('/'))}`;
}
