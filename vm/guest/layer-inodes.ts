import { run } from './process.ts';
import type { Host } from './start.ts';

/**
 * The regular files of a container's layers: `dev ino layer path` each, ended by NUL; `dev` as the kernel counts
 * (major << 20 | minor), layers from the topmost (0) down, the path without a slash before it. Whoever reads page
 * cache events can tell with it what belongs to the image, without trusting names that were traced.
 */
export function layerInodes(host: Host, container: string): string {
  const mounts = run(
    'ctr',
    'snapshot',
    '--snapshotter',
    host.system.snapshotter,
    'mounts',
    '/mnt',
    container,
  );
  // A container of one layer has it as the overlay's only lower; `mount -t overlay overlay /mnt -o …,lowerdir=A:B:C`.
  const lowers = /lowerdir=([^\s,]+)/.exec(mounts)?.[1]?.split(':') ?? [];
  if (lowers.length === 0) throw new Error(`no overlay in the container's mounts: ${mounts}`);
  return lowers
    .map((folder, layer) =>
      run('find', folder, '-xdev', '-type', 'f', '-printf', `%D %i ${layer} %P\\0`)
        .split('\0')
        .filter(Boolean)
        .map((line) => `${line.replace(/^\d+/, (dev) => String(kernelDev(Number(dev))))}\0`)
        .join(''),
    )
    .join('');
}

/** A `dev_t` as user space sees it (makedev) → as the kernel has it. */
function kernelDev(dev: number): number {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  return major * 2 ** 20 + minor;
}
