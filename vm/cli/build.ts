import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { smallestDiskBytes } from '../images/registry-disk.ts';
import { terminalProgress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { template } from '../qemu/template.ts';
import { command, guestNamed, main } from './command.ts';
import { bothDone, imagesOf, inTurn } from './images.ts';

const program = command(
  'vm:build',
  'Builds a guest: its packages, its disk, its booted template and its kernel modules; and the images of workloads. Does ' +
    'nothing when they are in the cache.',
  'npm run vm:build -- --guest debian-12 --workload nginx',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--workload <names>', 'comma-separated, or "all" (default: none)')
  .option('--json', 'print what was built as JSON')
  .action(async (options: { guest: string; workload?: string; json?: boolean }) => {
    const guest = guestNamed(options.guest);
    const build = options.workload === undefined ? [] : await imagesOf(options);
    const progress = terminalProgress();
    const [disk, images] = await bothDone(guestDisk(guest, progress), inTurn(build, progress));
    const qemu = await findQemu(progress);
    const [base, modules] = await bothDone(
      template(disk, qemu, smallestDiskBytes, progress),
      guest.kernelModules(disk.kernelRelease, progress),
    );
    const { kernelRelease, packageManifestSha256 } = disk;
    const built = {
      guest: guest.id,
      kernelRelease,
      packageManifestSha256,
      qemu: qemu.version,
      disk: disk.dir,
      template: base.dir,
      modules,
      images: Object.fromEntries(images.map(({ name, layout }) => [name, layout])),
    };
    if (options.json) process.stdout.write(`${JSON.stringify(built, null, 2)}\n`);
    else
      for (const [name, value] of Object.entries({ ...built, ...built.images }))
        if (typeof value === 'string') process.stdout.write(`${name}: ${value}\n`);
  });

await main(program);
