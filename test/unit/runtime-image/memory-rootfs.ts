import { fileType, pageBytes } from '../../../trio/image/layout.ts';
import { fromText, toBytes, TreeNode, type Attributes, type Rootfs } from '../../../trio/image/rootfs.ts';

const attributes = (mode: number, more: Partial<Attributes> = {}): Attributes => ({
  mode,
  uid: 1,
  gid: 2,
  sizeBytes: 0,
  mtimeS: 3,
  mtimeNs: 4,
  rdevMajor: 0,
  rdevMinor: 0,
  target: '',
  ...more,
});

export const directory = () => new TreeNode(attributes(fileType.directory | 0o755));
export const file = (sizeBytes: number, xattrs: Record<string, string> = {}) =>
  new TreeNode(
    attributes(fileType.regular | 0o644, { sizeBytes }),
    () => new Map(Object.entries(xattrs).map(([name, value]) => [name, toBytes(value)])),
  );
export const symlink = (target: string) =>
  new TreeNode(
    attributes(fileType.symlink | 0o777, {
      target: fromText(target),
      sizeBytes: Buffer.byteLength(target),
    }),
  );
export const whiteout = () => new TreeNode(attributes(fileType.character));

/** A root file system in memory; the byte at an offset of any file is the offset's page plus 1. */
export function memoryRootfs(...roots: TreeNode[]): Rootfs {
  return {
    id: Buffer.alloc(32, 7),
    layers: roots.map((root, i) => ({ diffId: Buffer.alloc(32, i + 1), root })),
    async read(requests, deliver) {
      for (const [index, { offsetBytes, lengthBytes }] of requests.entries())
        await deliver(index, contentOf(offsetBytes, lengthBytes));
    },
  };
}

export function contentOf(offsetBytes: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) bytes[i] = (Math.floor((offsetBytes + i) / pageBytes) % 250) + 1;
  return bytes;
}
