import { join } from 'node:path';
import { takeLock } from '../cache/lock.ts';
import type { Figures } from '../e2e/figures.ts';
import { networkHelp, parseNetwork } from '../../trio/network/profile.ts';
import { runPlan } from '../e2e/run.ts';
import { renderMarkdown, renderTable } from '../e2e/table.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { terminalProgress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import { findQemu } from '../qemu/process.ts';
import { systems } from '../systems/index.ts';
import { command, guestNamed, main, outputFolder, systemsNamed, wholeNumber } from './command.ts';
import { bothDone, imagesOf, inTurn, withImageOptions, type ImageOptions } from './images.ts';

interface Options extends ImageOptions {
  readonly guest: string;
  readonly systems: string;
  readonly net: string;
  readonly samples: string;
  readonly seed: string;
  readonly limit: string;
  readonly wallLimit: string;
  readonly out: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const program = withImageOptions(
  command(
    'vm:e2e',
    'Cold-starts containers for real in a deterministic VM and prints what each start took and moved.',
    'npm run vm:e2e -- --workload nginx,redis --systems full,crfs --net wan100m',
  ),
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--systems <names>', 'comma-separated', systems.map(({ id }) => id).join(','))
  .option('--net <profile>', networkHelp, 'lan10g')
  .option('--samples <n>', 'beside the exact run, n perturbed ones: median, spread, confidence interval', '1')
  .option('--seed <text>', 'seed of the perturbations', 'trio')
  .option('--limit <seconds>', 'virtual time that one start may take', String(defaultLimits.virtualNs / 1e9))
  .option('--wall-limit <seconds>', 'wall time that one start may take', String(defaultLimits.wallMs / 1e3))
  .option('--out <dir>', 'folder for results.json, requests.ndjson and console logs', 'out/e2e')
  .option('--markdown', 'print the table for a document')
  .option('--json', 'print trio.e2e/1 on standard output instead of the table')
  .action(async (options: Options) => {
    // Everything that can be wrong with the command line is found before anything is built.
    const guest = guestNamed(options.guest);
    const chosen = systemsNamed(options.systems);
    const net = parseNetwork(options.net);
    const samples = wholeNumber('--samples', options.samples, 1, 1000);
    const virtualLimitNs = wholeNumber('--limit', options.limit, 1, 2000) * 1e9;
    const wallLimitMs = wholeNumber('--wall-limit', options.wallLimit, 1, 86_400) * 1000;
    const progress = terminalProgress();
    const build = await imagesOf(options);
    const out = await outputFolder(options.out);
    const release = await takeLock(join(out, '.lock'), () =>
      progress.say(`waiting: another run is writing to ${out} (--out names another folder)`),
    );
    try {
      const qemu = await findQemu(progress);
      const [disk, images] = await bothDone(guestDisk(guest, progress), inTurn(build, progress));
      const figures = await runPlan(
        {
          guest,
          disk,
          qemu,
          images,
          systems: chosen,
          net,
          samples,
          seed: options.seed,
          out,
          virtualLimitNs,
          wallLimitMs,
        },
        progress,
      );
      process.stdout.write(`${render(figures, options)}\n`);
    } finally {
      await release();
    }
  });

function render(figures: Figures, options: Options): string {
  if (options.json) return JSON.stringify(figures, null, 2);
  return options.markdown ? renderMarkdown(figures) : renderTable(figures);
}

await main(program);
