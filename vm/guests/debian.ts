import { join } from 'node:path';
import { buildDebianRoot, writePackageManifest } from '../tools/debian-root.ts';
import { guestGoProgram } from '../tools/guest-go.ts';
import { kernelModules } from '../tools/kernel-modules.ts';
import { lockSha256 } from '../tools/locked-packages.ts';
import type { Guest } from './guest.ts';

/** Of every Debian guest, beside a minimal base. */
export const guestPackages: readonly string[] = [
  'ca-certificates',
  'containerd',
  'fuse3',
  'iproute2',
  'kmod',
  'linux-image-amd64',
  'procps',
  'runc',
  'stargz-snapshotter', // ctr-remote
  'util-linux',
  'util-linux-extra', // fincore
];

/** A guest made of a Debian release's packages. */
export function debianGuest(id: string, title: string, suite: 'bookworm' | 'trixie'): Guest {
  const root = { suite, packages: guestPackages, isLocked: true } as const;
  return {
    id,
    title,
    recipe: { distribution: 'debian', suite, packages: guestPackages, lock: lockSha256(suite) },
    async build(dir, progress) {
      const tar = join(dir, 'root.tar');
      await buildDebianRoot(root, tar, progress);
      await writePackageManifest(tar, dir);
    },
    kernelModules: (release, progress) => kernelModules(suite, release, progress),
    goProgram: (name, folder, progress) => guestGoProgram(suite, name, folder, progress),
  };
}
