import { readdirSync, readFileSync } from 'node:fs';

/**
 * The machine's disks, by their order on QEMU's command line (vm/qemu/machine.ts). The kernel numbers them in the
 * order in which it gets to probe them; their physical addresses follow the command line.
 */
export type DiskName = 'root' | 'registry' | 'payload' | 'output';

const order: readonly DiskName[] = ['root', 'registry', 'payload', 'output'];

/** The block device of one of the machine's disks. */
export function diskDevice(name: DiskName): string {
  const disks = readdirSync('/sys/block')
    .filter((device) => device.startsWith('pmem'))
    .map((device) => ({
      device: `/dev/${device}`,
      address: Number(readFileSync(`/sys/block/${device}/device/resource`, 'utf8')),
    }))
    .sort((a, b) => a.address - b.address);
  const disk = disks[order.indexOf(name)];
  if (disks.length !== order.length || !disk)
    throw new Error(`the machine has ${disks.length} disks, not ${order.length}`);
  return disk.device;
}
