import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNetwork } from '../../trio/network/profile.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import type { Scenario } from '../guest/protocol.ts';
import { loadWorkload, workloadImage } from '../images/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { terminalProgress } from '../progress.ts';
import { machineArguments, machineFiles, outputBytes, payloadBytes, ramBytes } from '../qemu/machine.ts';
import { findQemu, startQemu } from '../qemu/process.ts';
import { createSparse } from '../qemu/template.ts';
import { command, guestNamed, main } from './command.ts';

const program = command(
  'vm:shell',
  'A prompt in a guest with registry, containerd and all snapshotters running. Ends with exit or Ctrl-D.',
  'npm run vm:shell -- --guest debian-12 --workload redis',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--workload <name>', 'image in the registry', 'nginx')
  .option('--net <profile>', 'network between client and registry', 'lan10g')
  .action(async (options: { guest: string; workload: string; net: string }) => {
    const guest = guestNamed(options.guest);
    const link = parseNetwork(options.net);
    await loadWorkload(options.workload);
    const progress = terminalProgress();
    const qemu = await findQemu(progress);
    const disk = await guestDisk(guest, progress);
    const image = await workloadImage(options.workload, progress);
    const dir = await mkdtemp(join(tmpdir(), 'trio-shell-'));
    const remove = () => rm(dir, { recursive: true, force: true });
    const forget = onInterrupt(remove);
    try {
      const files = machineFiles(dir, image.registryDisk, image.registryDiskBytes);
      await execa('cp', ['--sparse=always', '--reflink=auto', disk.disk, files.rootDisk]);
      await createSparse(files.ram, ramBytes);
      await createSparse(files.payload, payloadBytes);
      await createSparse(files.output, outputBytes);
      const scenario: Scenario = {
        kind: 'start',
        system: 'none',
        repository: image.name,
        args: image.args,
        readiness: image.readiness,
        link: { rttNs: link.rttNs, rateBps: link.rateBps, lossRatio: link.lossRatio },
        limitNs: 0,
      };
      await writeFile(files.scenario, JSON.stringify(scenario));
      const vm = await startQemu(
        qemu,
        machineArguments(disk, files, qemu.firmware, {
          shared: true,
          interactive: true,
          extraKernelArguments: 'trio.shell',
        }),
        { terminal: true },
      );
      await vm.ended;
    } finally {
      forget();
      await remove();
    }
  });

await main(program);
