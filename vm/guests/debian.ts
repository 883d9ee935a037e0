import { join } from 'node:path';
import { buildDebianRoot, writePackageManifest } from '../tools/debian-root.ts';
import { guestGoProgram } from '../tools/guest-go.ts';
import { kernelModules } from '../tools/kernel-modules.ts';
import type { Guest } from './guest.ts';

const packages = [
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
  const root = { suite, packages } as const;
  return {
    id,
    title,
    recipe: { distribution: 'debian', ...root },
    async build(dir, progress) {
      const tar = join(dir, 'root.tar');
      await buildDebianRoot(root, tar, progress);
      await writePackageManifest(tar, dir);
    },
    kernelModules: (release, progress) => kernelModules(suite, release, progress),
    goProgram: (name, folder, progress) => guestGoProgram(suite, name, folder, progress),
  };
}
