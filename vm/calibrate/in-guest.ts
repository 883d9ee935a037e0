/**
 * Runs in the guest (vm/calibrate/run.ts brings it there): measures containerd's steps on the synthetic images, then
 * has `micro` measure the kernel's and Go's. Prints one sample a line, as `micro` does; times are virtual nanoseconds.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryAddress, registryRoot } from '../guest/address.ts';
import { waitFor, TaskEvents } from '../guest/containerd.ts';
import { diskDevice } from '../guest/disks.ts';
import { shapeLink } from '../guest/network.ts';
import { run, runAsync, startDaemon } from '../guest/process.ts';
import { dropCaches, readRegistryLog } from '../guest/start.ts';
import { crfsLazy } from '../systems/crfs-lazy.ts';
import { full } from '../systems/full.ts';

/** What the host says of each image: `CalibrationImage`, as far as it is needed here. */
interface Image {
  readonly name: string;
  readonly tags: {
    readonly plain: { readonly manifestDigest: string; readonly layers: { digest: string }[] };
  };
  readonly quantities: { layers: number; files: number; compressedBytes: number; bytes: number };
}

/** These only check what the others predict. */
const checks = new Set(['words-4', 'small-400', 'layers-4']);
const repeats = 3;
/** Starts differ more from each other: which goroutine gets the CPU when. */
const startRepeats = 5;
const settleMs = 300;
const requestLog = '/run/trio/requests.ndjson';

const images = JSON.parse(readFileSync('images.json', 'utf8')) as Image[];
const signal = AbortSignal.timeout(1800e3);
const clock = () => process.hrtime.bigint();

run('mount', '-o', 'ro', diskDevice('registry'), registryRoot);
// The queue discipline's own work is part of every start; its delays are not a cost of the host.
shapeLink({ rttNs: 0, rateBps: 1e12, lossRatio: 0 });
const events = new TaskEvents();
/** Image → when containerd had it complete in its content store, on CLOCK_REALTIME. */
const fetchedAtNs = new Map<string, bigint>();
watchImages();
const { clocks } = readRegistryLog(requestLog);
const realtimeOffsetNs = clocks.realtimeNs - clocks.monotonicNs;
await sleep(1000);

function report(series: string, image: Image, x: Record<string, number>, runs: number[]): void {
  const ns = runs.sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  process.stdout.write(`${JSON.stringify({ series, x, ns, check: checks.has(image.name) })}\n`);
}

async function timed(command: readonly string[]): Promise<number> {
  const from = clock();
  await runAsync(command, signal);
  return Number(clock() - from);
}

const reference = ({ name }: Image, tag: string) => `${registryAddress}/${name}:${tag}`;

async function remove(image: Image, tag: string): Promise<void> {
  await runAsync(['ctr', 'image', 'rm', '--sync', reference(image, tag)], signal);
  await sleep(settleMs);
}

/** `2025-03-30 00:00:10.123456789 +0000 UTC default /images/create {"name":"…",…}` */
function watchImages(): void {
  const child = spawn('ctr', ['events'], { stdio: ['ignore', 'pipe', 'ignore'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const match = /^(\S+) ([\d:]+)(?:\.(\d+))? .* \/images\/create (\{.*\})$/.exec(line);
    if (!match) return;
    const [, date, time, fraction = '', payload = '{}'] = match;
    const seconds = BigInt(Date.parse(`${date}T${time}Z`) / 1000);
    const { name } = JSON.parse(payload) as { name: string };
    fetchedAtNs.set(name, seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')));
  });
}

/**
 * To the event that says that all of the image is there. ctr itself ends later: at the next tick of its progress
 * display, ten of which come a second.
 */
async function fetched(name: string, command: readonly string[]): Promise<number> {
  fetchedAtNs.delete(name);
  const from = clock();
  await runAsync(command, signal);
  await sleep(settleMs);
  const atNs = fetchedAtNs.get(name);
  if (atNs === undefined) throw new Error(`containerd said nothing of ${name}`);
  return Number(atNs - realtimeOffsetNs - from);
}

/** What the registry itself took for the ranges that `micro registry` asked for. */
function reportService(from: number): void {
  const requests = readRegistryLog(requestLog)
    .lines.slice(from)
    .map((line) => JSON.parse(line) as { atNs: number; endNs: number; range: string; bytes: number });
  for (const bytes of [4096, 2 ** 20, 2 ** 22]) {
    const own = requests.filter(({ range }) => range === `bytes=0-${bytes - 1}`);
    const sorted = own.map(({ atNs, endNs }) => endNs - atNs).sort((a, b) => a - b);
    const ns = sorted[Math.floor(sorted.length / 2)];
    const x = { requests: 1, bytes };
    process.stdout.write(
      `${JSON.stringify({ series: 'registry-service', x, ns, check: bytes === 2 ** 20 })}\n`,
    );
  }
}

/** Fetch and unpack, everything of containerd's cached; then the fetch of a pull after dropping the caches. */
async function pulls(image: Image): Promise<void> {
  const name = reference(image, full.tag);
  const { layers, files, compressedBytes, bytes } = image.quantities;
  const fetch: number[] = [];
  const unpack: number[] = [];
  const cold: number[] = [];
  for (let i = 0; i < repeats; i++) {
    fetch.push(await fetched(name, ['ctr', 'content', 'fetch', '--plain-http', name]));
    unpack.push(
      await timed([
        'ctr',
        'snapshot',
        '--snapshotter',
        full.snapshotter,
        'unpack',
        image.tags.plain.manifestDigest,
      ]),
    );
    await remove(image, full.tag);
    dropCaches();
    await sleep(settleMs);
    cold.push(await fetched(name, full.pull(name)));
    await remove(image, full.tag);
  }
  report('fetch', image, { operations: 1, layers, compressedBytes }, fetch);
  report('unpack', image, { operations: 1, layers, files, compressedBytes, bytes }, unpack);
  report('fetch-cold', image, { operations: 1, layers, compressedBytes }, cold);
}

/** From `ctr run` to containerd's task-start event, of a program that does nothing. */
async function startOnce(image: Image, name: string): Promise<number> {
  const from = clock();
  const command = ['ctr', 'run', '--detach', '--net-host', '--snapshotter', full.snapshotter];
  const started = runAsync([...command, reference(image, full.tag), name], signal);
  const { atNs } = await events.waitFor('/tasks/start', name, signal);
  await started;
  const exited = events.waitFor('/tasks/exit', name, signal);
  await runAsync(['ctr', 'task', 'kill', '--signal', 'SIGKILL', name], signal);
  await exited;
  await runAsync(['ctr', 'task', 'delete', name], signal).catch(() => {
    // ctr passes the container's own exit status on (137 after a kill).
  });
  await runAsync(['ctr', 'container', 'delete', name], signal);
  await sleep(settleMs);
  return Number(atNs - realtimeOffsetNs - from);
}

async function starts(image: Image): Promise<void> {
  await runAsync(full.pull(reference(image, full.tag)), signal);
  await startOnce(image, `${image.name}-warm-up`);
  const warm: number[] = [];
  const cold: number[] = [];
  for (let i = 0; i < startRepeats; i++) {
    warm.push(await startOnce(image, `${image.name}-warm-${i}`));
    dropCaches();
    await sleep(settleMs);
    cold.push(await startOnce(image, `${image.name}-cold-${i}`));
  }
  const x = { starts: 1, layers: image.quantities.layers };
  report('run-warm', image, x, warm);
  report('run-cold', image, x, cold);
  await remove(image, full.tag);
}

/** A lazy pull reads each layer's table of contents and mounts it. */
async function lazyPull(image: Image): Promise<void> {
  const runs: number[] = [];
  for (let i = 0; i < startRepeats; i++) {
    runs.push(await timed(crfsLazy.pull(reference(image, crfsLazy.tag))));
    if (image.name === 'fuse') break;
    await remove(image, crfsLazy.tag);
  }
  const { layers, files } = image.quantities;
  if (image.name !== 'fuse') report('lazy-pull', image, { operations: 1, layers, files }, runs);
}

async function startLazyDaemon(): Promise<void> {
  const { daemon } = crfsLazy;
  if (!daemon) throw new Error('crfs-lazy has a daemon');
  for (const [path, content] of Object.entries(daemon.files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  startDaemon(daemon.command, '/run/trio/daemon.log');
  await waitFor(daemon.socket, () => existsSync(daemon.socket));
  await sleep(settleMs);
}

/** Where the snapshotter has mounted its one layer. */
function fuseMount(): string {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const mount = mounts.map((line) => line.split(' ')).find(([, , type]) => type?.startsWith('fuse.'));
  if (!mount?.[1]) throw new Error('no FUSE mount');
  return mount[1];
}

const named = (prefix: string) => images.filter(({ name }) => name.startsWith(prefix));
const [fuseImage] = named('fuse');
const [blobImage] = named('literals-8');
if (!fuseImage || !blobImage) throw new Error('images.json lacks an image');

await startLazyDaemon(); // before containerd looks for it in vain and waits ever longer between its attempts
run('chmod', '755', 'micro');
process.stdout.write(run('./micro', 'cpu'));
process.stdout.write(run('./micro', 'disk', '/var/lib/trio-calibrate'));
const blob = `http://${registryAddress}/v2/${blobImage.name}/blobs/${blobImage.tags.plain.layers[0]?.digest}`;
const requestsBefore = readRegistryLog(requestLog).lines.length;
process.stdout.write(run('./micro', 'registry', blob));
reportService(requestsBefore);
for (const image of images.filter(({ name }) => name !== 'fuse')) await pulls(image);
for (const image of named('layers-')) await starts(image);
for (const image of [...named('small-'), ...named('layers-'), fuseImage]) await lazyPull(image);
const mount = fuseMount();
readFileSync(`${mount}/many-50/file-0`); // the snapshotter's first read is not like the others
process.stdout.write(run('./micro', 'fuse', mount));
process.exit(0);
