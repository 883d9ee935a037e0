import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { full } from '../../systems/full.ts';
import { Host, now } from './host.ts';
import { imagesNamed, report, sum, type Image, type Quantities } from './samples.ts';

/**
 * Pulls differ from each other: which goroutine gets the CPU when. Large ones hardly do, and take long. Of starts the
 * first counts: in a measured start, too, the kernel has not run a container before.
 */
const repeats = 2;
const largeBytes = 4 * 2 ** 20;
/** Of ctr's progress display. */
const tickNs = 100e6;

interface Run {
  readonly x: Quantities;
  readonly ns: number;
}

/** Starts of the images that have a program, and pulls in full: each on a new host, as a measured start is. */
export async function measureFull(): Promise<void> {
  const prefixes = ['layers-', 'words-', 'literals-', 'small-', 'tree-'];
  for (const image of prefixes.flatMap(imagesNamed)) {
    const runs: Record<string, Run[]> = {};
    const large = image.quantities.bytes > largeBytes;
    for (let i = 0; i < (large ? 1 : repeats); i++) {
      const host = await Host.fresh(full);
      const samples = await pull(host, image);
      if (image.name.startsWith('layers-') && i === 0) {
        const { layers } = image.quantities;
        const cold = await host.run(image, 'cold');
        const warm = await host.run(image, 'warm');
        samples['run-cold'] = { x: { starts: 1, layers }, ns: cold.startedNs - cold.fromNs };
        samples['run-warm'] = { x: { starts: 1, layers }, ns: warm.startedNs - warm.fromNs };
      }
      host.close();
      for (const [series, run] of Object.entries(samples)) (runs[series] ??= []).push(run);
    }
    for (const [series, all] of Object.entries(runs)) report(series, image.check, all);
  }
}

/**
 * One pull as ctr does it: the fetch ends with containerd's event about the image; then ctr waits for the next tick of
 * its progress display; then it says that it unpacks, and does.
 */
async function pull(host: Host, image: Image): Promise<Record<string, Run>> {
  const reference = host.reference(image);
  const [file = '', ...args] = host.system.pull(reference);
  const fromNs = now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let unpackingNs = 0;
  child.stdout.on('data', (data: Buffer) => {
    if (unpackingNs === 0 && data.includes('unpacking ')) unpackingNs = now();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const endNs = now();
  if (status !== 0 || unpackingNs === 0) throw new Error(`ctr did not pull ${reference}`);
  const fetchNs = (await host.event('/images/create', reference)) - fromNs;
  const tickedNs = unpackingNs - fromNs;
  const { quantities } = host.requests.take();
  const { layers, files, compressedBytes, bytes } = image.quantities;
  return {
    'fetch-cold': { x: sum({ operations: 1, layers, compressedBytes }, quantities), ns: fetchNs },
    // The display begins, and with it the ticks, less than one tick after ctr.
    'pull-tick': { x: { operations: 1, ticks: Math.floor(tickedNs / tickNs) }, ns: tickedNs },
    unpack: { x: { operations: 1, layers, files, compressedBytes, bytes }, ns: endNs - unpackingNs },
  };
}
