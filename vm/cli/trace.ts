import { join } from 'node:path';
import { takeLock } from '../cache/lock.ts';
import { networkHelp, parseNetwork } from '../../trio/network/profile.ts';
import { guestDisk } from '../guests/disk.ts';
import { guests } from '../guests/index.ts';
import { terminalProgress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import { findQemu } from '../qemu/process.ts';
import { systems } from '../systems/index.ts';
import { traceImage } from '../trace/run.ts';
import { recordedStarts, touchStart } from '../trace/starts.ts';
import { command, guestNamed, main, outputFolder, systemsNamed, wholeNumber } from './command.ts';
import { bothDone, imagesOf, inTurn, withImageOptions, type ImageOptions } from './images.ts';

interface Options extends ImageOptions {
  readonly guest: string;
  readonly system: string;
  readonly net: string;
  readonly all?: boolean;
  readonly limit: string;
  readonly out: string;
  readonly json?: boolean;
}

const program = withImageOptions(
  command(
    'vm:trace',
    'Starts containers under the I/O tracker. For each image, OUT/NAME/touch has trace.txt and the rich trace.',
    'npm run vm:trace -- --workload redis && npx trio trace stat out/trace/redis/touch/events0',
  ),
)
  .option('--guest <id>', `one of ${guests.map(({ id }) => id).join(', ')}`, guests[0]?.id)
  .option('--system <name>', `one of ${systems.map(({ id }) => id).join(', ')}`, systems[0]?.id)
  .option('--net <profile>', networkHelp, 'lan10g')
  .option('--all', `also the starts ${recordedStarts.map(({ name }) => name).join(', ')} of golden traces`)
  .option(
    '--limit <seconds>',
    'virtual time that all starts of an image may take',
    String(defaultLimits.virtualNs / 1e9),
  )
  .option('--out <dir>', 'folder for the traces', 'out/trace')
  .option('--json', 'print times and lost records as JSON')
  .action(async (options: Options) => {
    const guest = guestNamed(options.guest);
    const [system] = systemsNamed(options.system);
    if (!system) throw new Error('a list of names is never empty');
    const { rttNs, rateBps, lossRatio } = parseNetwork(options.net);
    const limits = {
      virtualNs: wholeNumber('--limit', options.limit, 1, 2000) * 1e9,
      wallMs: defaultLimits.wallMs,
    };
    const progress = terminalProgress();
    const build = await imagesOf(options);
    const out = await outputFolder(options.out);
    const release = await takeLock(join(out, '.lock'), () =>
      progress.say(`waiting: another run is writing to ${out} (--out names another folder)`),
    );
    try {
      const qemu = await findQemu(progress);
      const [disk, images] = await bothDone(guestDisk(guest, progress), inTurn(build, progress));
      const results = [];
      for (const image of images) {
        const starts = await traceImage(
          {
            ...{ guest, disk, qemu, image, system, limits },
            link: { rttNs, rateBps, lossRatio },
            starts: options.all ? recordedStarts : [touchStart],
            out: join(out, image.name),
          },
          progress,
        );
        results.push({ image: image.name, folder: join(out, image.name), starts });
      }
      if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
      else
        for (const { folder, starts } of results)
          for (const { name, drops } of starts)
            process.stdout.write(`${join(folder, name)}${drops > 0 ? `: ${drops} records LOST` : ''}\n`);
    } finally {
      await release();
    }
  });

await main(program);
