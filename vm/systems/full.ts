import type { System } from './system.ts';

/** The whole image is downloaded and unpacked before the start: containerd's overlayfs snapshotter. */
export const full: System = {
  id: 'full',
  title: 'full image, overlayfs snapshotter',
  tag: 'plain',
  snapshotter: 'overlayfs',
  pull: (reference) => ['ctr', 'image', 'pull', '--plain-http', '--snapshotter', 'overlayfs', reference],
};
