import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../guest/process.ts';
import { crfsLazy } from '../../systems/crfs-lazy.ts';
import { crfs } from '../../systems/crfs.ts';
import { fuseMounts, Host, now } from './host.ts';
import { imageNamed, imagesNamed, report, sum, type Image, type Quantities } from './samples.ts';

const repeats = 2;
/** Long enough for what the snapshotter does after it has answered. */
const settleMs = 200;

interface Run {
  readonly x: Quantities;
  readonly ns: number;
}

/** Starts of the images that have a program, and lazy pulls: each on a new host, as a measured start is. */
export async function measureLazyPulls(): Promise<void> {
  for (const image of [...imagesNamed('layers-'), ...imagesNamed('toc-')]) {
    const runnable = image.name.startsWith('layers-');
    const runs: Record<string, Run[]> = {};
    const add = (series: string, sample: Run) => (runs[series] ??= []).push(sample);
    for (let i = 0; i < repeats; i++) {
      const host = await Host.fresh(crfs);
      const { fromNs, endNs } = await host.pull(image);
      const { layers } = image.quantities;
      const of = { operations: 1, layers, entries: entries(image), tocBytes: tocBytes(image) };
      add('lazy-pull', { x: sum(of, host.requests.take().quantities), ns: endNs - fromNs });
      if (runnable && i === 0) {
        // As in full.ts: the first start counts.
        const cold = await host.run(image, 'cold');
        const { quantities } = host.requests.take(cold.startedNs);
        add('run-cold-crfs', { x: sum({ starts: 1, layers }, quantities), ns: cold.startedNs - cold.fromNs });
        const warm = await host.run(image, 'warm');
        add('run-warm-crfs', { x: { starts: 1, layers }, ns: warm.startedNs - warm.fromNs });
      }
      host.close();
    }
    for (const [series, all] of Object.entries(runs)) report(series, image.check, all);
  }
}

const entries = (image: Image) => image.estargz.reduce((total, layer) => total + layer.entries, 0);
const tocBytes = (image: Image) => image.estargz.reduce((total, layer) => total + layer.tocBytes, 0);

/** First reads of chunks, then what is asked of a layer that is mounted. */
export async function measureLayers(micro: string): Promise<void> {
  await measureChunks();
  const host = await Host.fresh(crfsLazy);
  await host.pull(imageNamed('fuse'));
  await host.pull(imageNamed('overlay'));
  const mounts = fuseMounts();
  process.stdout.write(run(micro, 'fuse', mountWith(mounts, 'many-50')));
  const layers = Array.from({ length: 8 }, (_, i) => mountWith(mounts, `all/file-0-${i}`));
  for (const count of [1, 4, 8]) {
    const folder = `/var/lib/trio-calibrate-${count}`;
    for (const name of ['upper', 'work', 'merged']) mkdirSync(join(folder, name), { recursive: true });
    // By short names: mount(8) hands the kernel an option in 256 bytes at most.
    const short = layers.map((layer, i) => link(layer, `/run/layer-${i}`));
    const lower = short
      .slice(8 - count)
      .reverse()
      .join(':');
    const options = `lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work`;
    run('mount', '-t', 'overlay', 'overlay', '-o', options, `${folder}/merged`);
    process.stdout.write(run(micro, 'overlay', `${folder}/merged`, String(count)));
    run('umount', `${folder}/merged`);
  }
  host.close();
}

function link(target: string, path: string): string {
  rmSync(path, { force: true });
  symlinkSync(target, path);
  return path;
}

function mountWith(mounts: readonly string[], path: string): string {
  const mount = mounts.find((each) => existsSync(join(each, path)));
  if (!mount) throw new Error(`no layer has ${path}`);
  return mount;
}

/** Chunks that only check what the others predict: paths of the image `chunks`, and where the chunk begins. */
const checks = new Set(['words-256 0', 'literals-256 0', 'words-12288 4194304', 'literals-1024 0']);

async function measureChunks(): Promise<void> {
  const image = imageNamed('chunks');
  const runs = new Map<string, Run[]>();
  for (let i = 0; i < repeats; i++) {
    const host = await Host.fresh(crfsLazy);
    await host.pull(image);
    const mount = mountWith(fuseMounts(), 'first');
    host.requests.take();
    const near: Run[] = [];
    for (const chunk of image.estargz[0]?.chunks ?? []) {
      const path = join(mount, chunk.path);
      if (!existsSync(path)) continue; // landmarks are not shown
      await sleep(settleMs);
      const read = await firstRead(host, path, chunk);
      if (chunk.path.startsWith('near/')) near.push(read);
      else push(runs, `${chunk.path} ${chunk.offset}`, read);
    }
    push(runs, 'near', {
      x: sum(...near.map(({ x }) => x)),
      ns: near.reduce((total, { ns }) => total + ns, 0),
    });
    host.close();
  }
  for (const [name, reads] of runs) report('stargz-chunk', checks.has(name), reads);
}

function push(runs: Map<string, Run[]>, name: string, run: Run): void {
  runs.set(name, [...(runs.get(name) ?? []), run]);
}

/** Reads a chunk's first byte. */
async function firstRead(
  host: Host,
  path: string,
  chunk: Image['estargz'][number]['chunks'][number],
): Promise<Run> {
  statSync(path);
  const fromNs = now();
  const file = openSync(path, 'r');
  readSync(file, Buffer.alloc(1), 0, 1, chunk.offset);
  const ns = now() - fromNs;
  closeSync(file);
  await sleep(settleMs); // the registry writes its log after the last byte
  const { quantities, pieces } = host.requests.take();
  const { bytes, compressedBytes } = chunk;
  const own = { chunks: 1, compressedBytes, bytes, pieces };
  const pages = Math.min(4, Math.ceil(bytes / 4096)); // the kernel's first readahead
  const kernel = { 'fuse-open.opens': 1, 'fuse-read.reads': 1, 'fuse-read.pages': pages };
  return { x: sum(own, kernel, quantities), ns };
}
