/**
 * Runs in the guest (vm/trace/erofs.ts brings it there): one cold start on an image that is an EROFS file system, under
 * the I/O tracker. The container is one of `full`, but that its overlay's layers are folders on EROFS: it is mounted
 * here, as no snapshotter of containerd knows it. Prints the start's times as JSON; the output has what a traced start
 * under a system has (vm/guest/trace.ts).
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskEvents } from '../../guest/containerd.ts';
import { diskDevice } from '../../guest/disks.ts';
import { hostnameOptions } from '../../guest/hostname.ts';
import { writeOutput } from '../../guest/payload.ts';
import { modprobe, run } from '../../guest/process.ts';
import type { Traced, TraceScenario } from '../../guest/protocol.ts';
import {
  dropCaches,
  imageReference,
  readRegistryLog,
  startContainer,
  stopContainer,
  type Host,
} from '../../guest/start.ts';
import { full } from '../../systems/full.ts';

const tracedHostname = 'trio-traced';
const tracker = '/sys/kernel/rio_tracker';
const events = '/sys/kernel/debug/rio_tracker';
const textFile = '/run/trio/trace.txt';
const outputFolder = '/run/trio/output';
const erofs = '/run/trio/erofs';
/** On the guest's disk, as the upper layers of containerd's snapshots are. */
const upperFolder = '/var/lib/trio/erofs';
const eventsBytes = 128 * 2 ** 20;
const textBytes = 64 * 2 ** 20;

const [scenarioText = '{}', ...env] = process.argv.slice(2);
const scenario = JSON.parse(scenarioText) as TraceScenario;
const [start] = scenario.starts;
if (!start) throw new Error('no start was asked for');
const signal = AbortSignal.timeout(Math.floor(scenario.limitNs / 1e6));
const { clocks } = readRegistryLog('/run/trio/requests.ndjson');
const host: Host = {
  system: full,
  events: new TaskEvents(),
  realtimeOffsetNs: clocks.realtimeNs - clocks.monotonicNs,
  daemonPids: [],
};

mountImage(imageReference(host, scenario));
run(
  'insmod',
  'rio_tracker.ko',
  `tracker_output=${textFile}`,
  `tracker_buffer_size=${textBytes}`,
  `events_buffer_bytes=${eventsBytes}`,
);
writeFileSync(`${tracker}/host_ns`, tracedHostname);
writeFileSync(`${tracker}/reset`, '1');
await sleep(1000); // the subscription to events, and what else has just been started
dropCaches();
await sleep(500);
writeFileSync(`${tracker}/enable`, '1');
const startNs = process.hrtime.bigint();
const options = [...hostnameOptions(tracedHostname), '--rootfs', '--cwd', '/'];
const environment = env.flatMap((variable) => ['--env', variable]);
const times = await startContainer(host, scenario, start.name, signal, [...options, ...environment]);
writeFileSync(`${tracker}/enable`, '0');
writeFileSync(`${tracker}/dump`, '1');
const folder = join(outputFolder, start.name);
mkdirSync(folder, { recursive: true });
copyFileSync(textFile, join(folder, 'trace.txt'));
for (const name of readdirSync(events).filter((file) => /^events\d+$/.test(file)))
  // Not copyFile: the files of a relay channel have no size.
  writeFileSync(join(folder, name), readFileSync(join(events, name)));
writeFileSync(join(outputFolder, 'inodes'), layerInodes());
const traced: Traced = {
  name: start.name,
  startNs: Number(startNs),
  runningNs: Number(times.runningAtNs),
  readyNs: Number(times.readyAtNs),
  drops: Number(readFileSync(`${tracker}/drops`, 'utf8')),
};
await stopContainer(host, start.name, signal);
run('rmmod', 'rio_tracker');
writeOutput(outputFolder);
process.stdout.write(`${JSON.stringify(traced)}\n`);
process.exit(0);

/** The layers' folders on EROFS, the topmost first. */
function layers(): string[] {
  const names = readdirSync(erofs).map(Number);
  return names.toSorted((a, b) => b - a).map((name) => join(erofs, String(name)));
}

/**
 * Mounts the image as containerd mounts a snapshot, in this folder under the image's name: what `ctr run` takes for
 * an image it takes, with `--rootfs`, for a folder.
 */
function mountImage(name: string): void {
  modprobe('erofs');
  mkdirSync(erofs, { recursive: true });
  run('mount', '-t', 'erofs', '-o', 'ro', diskDevice('registry'), erofs);
  const [upper, work] = [join(upperFolder, 'fs'), join(upperFolder, 'work')];
  for (const each of [upper, work, name]) mkdirSync(each, { recursive: true });
  const folders = `lowerdir=${layers().join(':')},upperdir=${upper},workdir=${work}`;
  run('mount', '-t', 'overlay', '-o', `index=off,${folders}`, 'overlay', name);
}

/** As vm/guest/layer-inodes.ts writes them: `dev ino layer path` of each regular file. */
function layerInodes(): string {
  const [major = 0, minor = 0] = run('mountpoint', '-d', erofs).trim().split(':').map(Number);
  const dev = major * 2 ** 20 + minor;
  return layers()
    .map((layer, depth) => run('find', layer, '-xdev', '-type', 'f', '-printf', `${dev} %i ${depth} %P\\0`))
    .join('');
}
