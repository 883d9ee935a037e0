/**
 * Runs in the guest (vm/trace/cost.ts brings it there): what the I/O tracker costs. The same warm start, and the same
 * tight read loop in a container, without the module, with it disabled, with the published trace, with the rich one.
 * Prints one JSON object; times are virtual nanoseconds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryAddress, registryRoot } from '../../guest/address.ts';
import { TaskEvents } from '../../guest/containerd.ts';
import { diskDevice } from '../../guest/disks.ts';
import { hostnameOptions } from '../../guest/hostname.ts';
import { run } from '../../guest/process.ts';
import type { StartScenario } from '../../guest/protocol.ts';
import { startContainer, stopContainer, type Host } from '../../guest/start.ts';
import { full } from '../../systems/full.ts';

const tracedHostname = 'trio-traced';
const tracker = '/sys/kernel/rio_tracker';
const bigBytes = 64 * 2 ** 20;
const readBytes = 4096;
const repeats = 5;

const modes: readonly { name: string; parameters?: readonly string[]; enabled?: boolean }[] = [
  { name: 'absent' },
  { name: 'disabled', parameters: [], enabled: false },
  { name: 'text', parameters: ['tracker_buffer_size=67108864'], enabled: true },
  {
    name: 'rich',
    parameters: ['tracker_buffer_size=67108864', 'events_buffer_bytes=134217728'],
    enabled: true,
  },
];

const [scenarioText = '{}'] = process.argv.slice(2);
const scenario = JSON.parse(scenarioText) as StartScenario;
const signal = AbortSignal.timeout(1200e3);
const image = `${registryAddress}/${scenario.repository}:${full.tag}`;
run('mount', '-o', 'ro', diskDevice('registry'), registryRoot);
run(...full.pull(image));

const clock = () => process.hrtime.bigint();
const host: Host = {
  system: full,
  events: new TaskEvents(),
  realtimeOffsetNs: BigInt(Date.now()) * 1_000_000n - clock(), // only durations matter here
  daemonPids: [],
};
const options = hostnameOptions(tracedHostname);
await sleep(1000);

/** From `ctr run` to the service's answer. */
async function start(name: string): Promise<number> {
  const from = clock();
  const { readyAtNs } = await startContainer(host, scenario, name, signal, options);
  await stopContainer(host, name, signal);
  await sleep(200);
  return Number(readyAtNs - from);
}

/** Reads a cached file in the container, 4 KiB at a time; without the container's own start. */
function readLoop(name: string): number {
  const loop = `dd if=/dev/zero of=/big bs=1M count=${bigBytes / 2 ** 20} 2>&-; cat /big >/dev/null; date +%s%N; dd if=/big of=/dev/null bs=${readBytes} 2>&-; date +%s%N`;
  const output = run(
    'ctr',
    'run',
    '--rm',
    ...options,
    '--snapshotter',
    full.snapshotter,
    image,
    name,
    'sh',
    '-c',
    loop,
  );
  const [from = '0', to = '0'] = output.trim().split('\n');
  return Number(BigInt(to) - BigInt(from));
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

await start('warm-up');
const results = [];
for (const { name, parameters, enabled } of modes) {
  if (parameters) {
    run('insmod', 'rio_tracker.ko', 'tracker_output=/run/trio/cost.txt', ...parameters);
    writeFileSync(`${tracker}/host_ns`, tracedHostname);
    if (enabled) writeFileSync(`${tracker}/enable`, '1');
  }
  const startNs: number[] = [];
  for (let i = 0; i < repeats; i++) startNs.push(await start(`${name}-${i}`));
  const loopNs = readLoop(`loop-${name}`);
  const drops = parameters ? Number(readFileSync(`${tracker}/drops`, 'utf8')) : 0;
  if (parameters) run('rmmod', 'rio_tracker');
  results.push({
    mode: name,
    startNs: median(startNs),
    readLoopNs: loopNs,
    reads: bigBytes / readBytes,
    drops,
  });
}
process.stdout.write(`${JSON.stringify(results)}\n`);
process.exit(0);
