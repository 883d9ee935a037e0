import { join, resolve } from 'node:path';
import type { Calibration } from '../calibrate/calibration.ts';
import { calibrate } from '../calibrate/run.ts';
import { writeWhole } from '../e2e/run.ts';
import { markdownTable } from '../e2e/table.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { terminalProgress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { command, guestNamed, main } from './command.ts';

const golden = join(import.meta.dirname, '../../golden');

const program = command(
  'vm:calibrate',
  'Measures what the steps of a container start cost in a guest (gunzip, unpack, page cache, FUSE, runc, …), one by one, on synthetic inputs: the parameters of the simulator.',
  'npm run vm:calibrate -- --guest debian-12 --out /tmp/calibration.json',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--out <file>', 'what is written (default: golden/<guest>/calibration.json)')
  .option('--json', 'print what is written instead of a table')
  .action(async (options: { guest: string; out?: string; json?: boolean }) => {
    const guest = guestNamed(options.guest);
    const out = options.out === undefined ? join(golden, guest.id, 'calibration.json') : resolve(options.out);
    const progress = terminalProgress();
    const qemu = await findQemu(progress);
    const disk = await guestDisk(guest, progress);
    const calibration = await calibrate(guest, disk, qemu, progress);
    const text = `${JSON.stringify(calibration, null, 2)}\n`;
    await writeWhole(out, text);
    process.stdout.write(options.json ? text : `${table(calibration)}\nwritten to ${out}\n`);
  });

function table({ parameters }: Calibration): string {
  const rows = parameters.map(({ name, value, unit, checkError }) => [
    name,
    Number(value.toPrecision(4)).toString(),
    unit,
    `${(checkError * 100).toFixed(1)} %`,
  ]);
  return markdownTable(['parameter', 'value', 'unit', 'check'], rows, new Set(['parameter', 'unit']));
}

await main(program);
