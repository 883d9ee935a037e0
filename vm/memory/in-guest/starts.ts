/**
 * Runs in the guest (vm/memory/starts.ts brings it there): cold starts under the I/O tracker. `free` shows what the
 * container's memory cgroup holds without a limit; `retouch-N` show every touch of a page again in each interval; and
 * `limited` has room for only half of the file pages of `free`, the others for a little less and a little more. Prints
 * what the cgroup counted as JSON; the output has what a traced start under a system has (vm/guest/trace.ts).
 *
 * Transparent huge pages are off: whether a program gets one depends on whether 2 MiB can be charged at once, that is,
 * on the limit, and then the memory that it needs is another.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryRoot } from '../../guest/address.ts';
import { TaskEvents } from '../../guest/containerd.ts';
import { diskDevice } from '../../guest/disks.ts';
import { hostnameOptions } from '../../guest/hostname.ts';
import { layerInodes } from '../../guest/layer-inodes.ts';
import { writeOutput } from '../../guest/payload.ts';
import { run, runAsync } from '../../guest/process.ts';
import type { TraceScenario } from '../../guest/protocol.ts';
import {
  dropCaches,
  imageReference,
  readRegistryLog,
  startContainer,
  stopContainer,
  type Host,
} from '../../guest/start.ts';
import { full } from '../../systems/full.ts';
import { seenLookups, watchLookups } from './lookups.ts';

const tracedHostname = 'trio-traced';
const tracker = '/sys/kernel/rio_tracker';
const events = '/sys/kernel/debug/rio_tracker';
const faultAround = '/sys/kernel/debug/fault_around_bytes';
const textFile = '/run/trio/trace.txt';
const outputFolder = '/run/trio/output';
const imageFolder = '/var/lib/containerd';
const eventsBytes = 512 * 2 ** 20;
const textBytes = 64 * 2 ** 20;
const pageBytes = 4096;
const sampleIntervalMs = 5;
/** A service answers before it has begun to wait: until then starts differ in how far they are, later they do not. */
const settleMs = 200;
/**
 * What the limits of the others are beside that of `limited`. A page more or less decides whether a page that is needed
 * soon is the last to go, and 31 around it with it: one limit alone says little of a short start.
 */
const nearPages = [-64, -48, -32, -16, 16, 32, 48, 64];
/** No two starts are alike: in what runc read before, in which pages came together, in when what was touched. */
const retouchedStarts = 3;
const hugePages = '/sys/kernel/mm/transparent_hugepage/enabled';

/** What the cgroup had at a time, in pages. */
interface Charge {
  readonly atNs: number;
  /** Page cache that can go. */
  readonly file: number;
  /** Files that are in memory alone: runc's copy of itself, until the program is executed. */
  readonly shared: number;
  /** Anonymous, and the kernel's. */
  readonly other: number;
}

const [scenarioText = '{}', intervalsText = ''] = process.argv.slice(2);
const scenario = JSON.parse(scenarioText) as TraceScenario;
const signal = AbortSignal.timeout(Math.floor(scenario.limitNs / 1e6));
const { clocks } = readRegistryLog('/run/trio/requests.ndjson');
const host: Host = {
  system: full,
  events: new TaskEvents(),
  realtimeOffsetNs: clocks.realtimeNs - clocks.monotonicNs,
  daemonPids: [],
};

run('mount', '-o', 'ro', diskDevice('registry'), registryRoot);
await runAsync(full.pull(imageReference(host, scenario)), signal);
run(
  'insmod',
  'rio_tracker.ko',
  `tracker_output=${textFile}`,
  `tracker_buffer_size=${textBytes}`,
  `events_buffer_bytes=${eventsBytes}`,
);
writeFileSync(`${tracker}/host_ns`, tracedHostname);
writeFileSync(hugePages, 'never');

const free = await start('free');
// Only file pages can go: there is no swap.
const otherPages = Math.max(...free.charges.map(({ other }) => other));
const filePages = Math.max(...free.charges.map(({ file }) => file));
const limitPages = otherPages + Math.floor(filePages / 2);
const retouchIntervalUs = Math.ceil((free.readyNs - free.runningNs) / Number(intervalsText) / 1000);
run('insmod', 'rio_retouch.ko', `path=${imageFolder}`, `interval_us=${retouchIntervalUs}`);
const around = readFileSync(faultAround, 'utf8').trim();
writeFileSync(faultAround, String(pageBytes));
const retouched = [];
for (let n = 1; n <= retouchedStarts; n++) {
  const name = `retouch-${n}`;
  watchLookups();
  retouched.push(await start(name));
  writeFileSync(join(outputFolder, name, 'lookups.json'), JSON.stringify(seenLookups()));
}
writeFileSync(faultAround, around);
run('rmmod', 'rio_retouch');
const limited = await startLimited('limited', limitPages);
const near = [];
for (const [index, pages] of nearPages.entries())
  near.push({
    limitPages: limitPages + pages,
    start: await startLimited(`near-${index + 1}`, limitPages + pages),
  });
run('rmmod', 'rio_tracker');
writeOutput(outputFolder);
process.stdout.write(
  `${JSON.stringify({ limitPages, retouchIntervalUs, free, retouched, limited, near })}\n`,
);
process.exit(0);

function startLimited(name: string, pages: number) {
  return start(name, ['--memory-limit', String(pages * pageBytes)]);
}

async function start(name: string, options: readonly string[] = []) {
  writeFileSync(`${tracker}/reset`, '1');
  dropCaches();
  await sleep(500); // writeback and the like come to rest
  const charges: Charge[] = [];
  const group = `/sys/fs/cgroup/default/${name}`;
  const sampler = setInterval(() => sample(group, charges), sampleIntervalMs);
  writeFileSync(`${tracker}/enable`, '1');
  const startNs = process.hrtime.bigint();
  const all = [...hostnameOptions(tracedHostname), ...options];
  const times = await startContainer(host, scenario, name, signal, all);
  await sleep(settleMs);
  clearInterval(sampler);
  sample(group, charges);
  readFileSync(join(group, 'cpu.stat'));
  const stat = readCounters(join(group, 'memory.stat'));
  writeFileSync(`${tracker}/enable`, '0');
  writeFileSync(`${tracker}/dump`, '1');
  const folder = join(outputFolder, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(textFile, join(folder, 'trace.txt'));
  for (const each of readdirSync(events).filter((entry) => /^events\d+$/.test(entry)))
    writeFileSync(join(folder, each), readFileSync(join(events, each)));
  const inodes = join(outputFolder, 'inodes');
  if (!existsSync(inodes)) writeFileSync(inodes, layerInodes(host, name));
  await stopContainer(host, name, signal);
  return {
    name,
    startNs: Number(startNs),
    runningNs: Number(times.runningAtNs),
    readyNs: Number(times.readyAtNs),
    drops: Number(readFileSync(`${tracker}/drops`, 'utf8')),
    charges,
    stat,
  };
}

/** From memory.stat, not memory.current: in that are up to 64 pages that the kernel has charged ahead for a CPU. */
function sample(group: string, charges: Charge[]): void {
  if (!existsSync(group)) return;
  // Reading it brings all of a cgroup's counters up to date; else those of memory lag behind by up to 64 pages.
  readFileSync(join(group, 'cpu.stat'));
  const { file = 0, shmem = 0, anon = 0, kernel = 0 } = readCounters(join(group, 'memory.stat'));
  charges.push({
    atNs: Number(process.hrtime.bigint()),
    file: (file - shmem) / pageBytes,
    shared: shmem / pageBytes,
    other: Math.ceil((anon + kernel) / pageBytes),
  });
}

function readCounters(path: string): Record<string, number> {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([key = '', value]) => [key, Number(value)]),
  );
}
