import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { smallestDiskBytes } from '../images/registry-disk.ts';
import { terminalProgress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { template } from '../qemu/template.ts';
import { command, guestNamed, main } from './command.ts';

const program = command(
  'vm:build',
  'Builds a guest: its packages, its disk and its booted template. Does nothing when they are in the cache.',
  'npm run vm:build -- --guest debian-12',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--json', 'print what was built as JSON')
  .action(async (options: { guest: string; json?: boolean }) => {
    const guest = guestNamed(options.guest);
    const progress = terminalProgress();
    const disk = await guestDisk(guest, progress);
    const qemu = await findQemu(progress);
    const base = await template(disk, qemu, smallestDiskBytes, progress);
    const { kernelRelease, packageManifestSha256 } = disk;
    const built = {
      guest: guest.id,
      kernelRelease,
      packageManifestSha256,
      qemu: qemu.version,
      disk: disk.dir,
      template: base.dir,
    };
    if (options.json) process.stdout.write(`${JSON.stringify(built, null, 2)}\n`);
    else for (const [name, value] of Object.entries(built)) process.stdout.write(`${name}: ${value}\n`);
  });

await main(program);
