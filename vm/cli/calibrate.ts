import { Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { calibrationSchema, type Calibration } from '../../trio/calibration/calibration.ts';
import { TrioError, usageError } from '../../trio/errors.ts';
import { parts, type Part } from '../calibrate/in-guest/parts.ts';
import { parametersOf } from '../calibrate/parameters.ts';
import { calibrate } from '../calibrate/run.ts';
import { writeWhole } from '../e2e/run.ts';
import { markdownTable } from '../e2e/table.ts';
import { guestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import { guests } from '../guests/index.ts';
import { terminalProgress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { command, guestNamed, main, namesOf } from './command.ts';

const golden = join(import.meta.dirname, '../../golden');

const program = command(
  'vm:calibrate',
  'Measures what the steps of a container start cost in a guest (gunzip, unpack, page cache, FUSE, runc, …), one by one, on synthetic inputs: the parameters of the simulator.',
  'npm run vm:calibrate -- --guest debian-12 --out /tmp/calibration.json',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option(
    '--parts <names>',
    `comma-separated, of ${parts.join(', ')}: only these; the others stay as they are`,
  )
  .addOption(
    new Option(
      '--fit',
      'measure nothing: work out the parameters again from the samples that are there',
    ).conflicts('parts'),
  )
  .option('--out <file>', 'what is written (default: golden/<guest>/calibration.json)')
  .option('--json', 'print what is written instead of a table')
  .action(async (options: { guest: string; parts?: string; fit?: boolean; out?: string; json?: boolean }) => {
    const guest = guestNamed(options.guest);
    const out = options.out === undefined ? join(golden, guest.id, 'calibration.json') : resolve(options.out);
    const chosen = options.parts === undefined ? parts : partsNamed(options.parts);
    const adds = options.fit === true || options.parts !== undefined;
    const before = adds ? await readCalibration(out) : undefined;
    const calibration = options.fit && before ? fittedAgain(before) : await measured(guest, chosen, before);
    const text = `${JSON.stringify(calibration, null, 2)}\n`;
    await writeWhole(out, text);
    process.stdout.write(options.json ? text : `${table(calibration)}\nwritten to ${out}\n`);
  });

async function measured(guest: Guest, chosen: readonly Part[], before?: Calibration): Promise<Calibration> {
  const progress = terminalProgress();
  const qemu = await findQemu(progress);
  const disk = await guestDisk(guest, progress);
  return calibrate(guest, disk, qemu, progress, chosen, before);
}

function fittedAgain(before: Calibration): Calibration {
  return calibrationSchema.parse({ ...before, parameters: parametersOf(before.samples) });
}

function partsNamed(list: string): Part[] {
  return namesOf(list, 'part').map((name) => {
    const part = parts.find((candidate) => candidate === name);
    if (!part) throw usageError('UNKNOWN_PART', `unknown part "${name}". Known: ${parts.join(', ')}`);
    return part;
  });
}

async function readCalibration(file: string): Promise<Calibration> {
  try {
    return calibrationSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new TrioError('BAD_CALIBRATION', `${file} has no calibration to add to: ${String(cause)}`, {
      cause,
    });
  }
}

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
