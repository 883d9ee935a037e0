import { join, resolve } from 'node:path';
import { usageError } from '../../trio/errors.ts';
import { takeLock } from '../cache/lock.ts';
import type { Figures } from '../e2e/figures.ts';
import { networkHelp, parseNetwork } from '../e2e/network.ts';
import { runPlan } from '../e2e/run.ts';
import { renderMarkdown, renderTable } from '../e2e/table.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import {
  checkUserImage,
  listWorkloads,
  loadWorkload,
  parseReadiness,
  userImage,
  workloadImage,
  type BuiltImage,
} from '../images/index.ts';
import { terminalProgress, type Progress } from '../progress.ts';
import { findQemu } from '../qemu/process.ts';
import { systems } from '../systems/index.ts';
import { command, guestNamed, main, namesOf, systemsNamed, wholeNumber } from './command.ts';

interface Options {
  readonly guest: string;
  readonly workload?: string;
  readonly systems: string;
  readonly net: string;
  readonly samples: string;
  readonly seed: string;
  readonly image?: string;
  readonly cmd?: string;
  readonly ready?: string;
  readonly limit: string;
  readonly wallLimit: string;
  readonly out: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const program = command(
  'vm:e2e',
  'Cold-starts containers for real in a deterministic VM and prints what each start took and moved.',
  'npm run vm:e2e -- --workload nginx,redis --systems full,crfs --net wan100m',
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--workload <names>', 'comma-separated, or "all" (default: nginx)')
  .option('--systems <names>', 'comma-separated', systems.map(({ id }) => id).join(','))
  .option('--net <profile>', networkHelp, 'lan10g')
  .option('--samples <n>', 'beside the exact run, n perturbed ones: median, spread, confidence interval', '1')
  .option('--seed <text>', 'seed of the perturbations', 'trio')
  .option('--image <reference>', 'an image of your own: oci:DIR:TAG or docker-archive:FILE')
  .option('--cmd <command>', "the image's command, split at spaces (default: what the image says)")
  .option('--ready <condition>', 'when it is ready: http:PORT/path, tcp:PORT, exit:CODE or log:REGEX')
  .option('--limit <seconds>', 'virtual time that one start may take', '1500')
  .option('--wall-limit <seconds>', 'wall time that one start may take', '3600')
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
    const out = resolve(options.out);
    const release = await takeLock(join(out, '.lock'), () =>
      progress.say(`waiting: another run is writing to ${out} (--out names another folder)`),
    );
    try {
      const qemu = await findQemu(progress);
      const [disk, images] = await bothDone(guestDisk(guest, progress), inTurn(build, progress));
      const figures = await runPlan(
        {
          guestId: guest.id,
          guest: disk,
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

/** Builds the images one after the other: the next may need what the one before has built. */
async function inTurn(
  build: readonly ((progress: Progress) => Promise<BuiltImage>)[],
  progress: Progress,
): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const image of build) images.push(await image(progress));
  return images;
}

/** Waits for both, also when one fails: a build is never left running behind an error message. */
async function bothDone<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** Checks what is to be started; each function then builds one image. */
async function imagesOf(options: Options): Promise<((progress: Progress) => Promise<BuiltImage>)[]> {
  const own = options.image;
  if (own === undefined) {
    if (options.cmd !== undefined || options.ready !== undefined)
      throw usageError('NO_IMAGE', '--cmd and --ready go with --image');
    const names =
      options.workload === 'all' ? await listWorkloads() : namesOf(options.workload ?? 'nginx', 'workload');
    for (const name of names) await loadWorkload(name);
    return names.map((name) => (progress) => workloadImage(name, progress));
  }
  if (options.workload !== undefined)
    throw usageError('BOTH_IMAGES', '--image and --workload exclude each other');
  if (options.ready === undefined)
    throw usageError('NO_READINESS', '--image needs --ready: when does it count as started?');
  const ready = parseReadiness(options.ready);
  await checkUserImage(own);
  const cmd = options.cmd?.split(/\s+/).filter(Boolean);
  return [(progress) => userImage(own, { ready, ...(cmd ? { cmd } : {}) }, progress)];
}

await main(program);
