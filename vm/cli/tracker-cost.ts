import { markdownTable } from '../e2e/table.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { loadWorkload, workloadImage } from '../images/index.ts';
import { terminalProgress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { trackerCost, type TrackerCost } from '../trace/cost.ts';
import { command, guestNamed, main } from './command.ts';

const program = command(
  'bench:tracker',
  'What the I/O tracker costs: a warm start and a tight read loop, as ratios to the same without the module.',
  'npm run bench:tracker -- --guest debian-12',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--workload <name>', 'what is started', 'nginx')
  .option('--json', 'print the times as JSON')
  .action(async (options: { guest: string; workload: string; json?: boolean }) => {
    const guest = guestNamed(options.guest);
    await loadWorkload(options.workload);
    const progress = terminalProgress();
    const qemu = await findQemu(progress);
    const disk = await guestDisk(guest, progress);
    const image = await workloadImage(options.workload, progress);
    const cost = await trackerCost(guest, disk, qemu, image, progress);
    process.stdout.write(`${options.json ? JSON.stringify(cost, null, 2) : table(cost)}\n`);
  });

function table(cost: TrackerCost): string {
  const [base] = cost;
  if (!base) return '';
  const rows = cost.map(({ mode, startNs, readLoopNs, reads, drops }) => [
    mode,
    `${(startNs / 1e6).toFixed(1)} ms`,
    (startNs / base.startNs).toFixed(3),
    `${(readLoopNs / reads).toFixed(0)} ns`,
    (readLoopNs / base.readLoopNs).toFixed(3),
    String(drops),
  ]);
  return markdownTable(['tracker', 'start', 'ratio', 'a read', 'ratio', 'lost'], rows, new Set(['tracker']));
}

await main(program);
