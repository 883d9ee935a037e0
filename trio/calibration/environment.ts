import { z } from 'zod';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** All that what is measured in a guest depends on, but the network: the same environment gives the same bytes. */
export const environmentSchema = z.strictObject({
  guest: z.string(),
  kernel: z.string(),
  packageManifestSha256: z.string(),
  /** What is on the guest's disk: its packages, our programs; the kernel and the initrd. */
  guestDiskSha256: z.string().optional(),
  /** In older recordings, instead: the address of the disk's recipe. Goes with the last of them. */
  guestDisk: z.string().optional(),
  images: z.record(z.string(), z.strictObject({ plain: digest, estargz: digest })),
  machine: z.strictObject({
    qemu: z.string(),
    cpu: z.string(),
    icount: z.string(),
    ramBytes: z.int().nonnegative(),
  }),
});
