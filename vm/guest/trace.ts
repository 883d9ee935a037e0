import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostnameOptions } from './hostname.ts';
import { layerInodes } from './layer-inodes.ts';
import { loadPayload, writeOutput } from './payload.ts';
import { run, runAsync } from './process.ts';
import type { GuestResult, Traced, TracedStart, TraceScenario } from './protocol.ts';
import { dropCaches, imageReference, startContainer, stopContainer, type Host } from './start.ts';

/** Traced containers carry this UTS name; nothing else in the guest does. */
const tracedHostname = 'trio-traced';

const tracker = '/sys/kernel/rio_tracker';
const events = '/sys/kernel/debug/rio_tracker';
const faultAround = '/sys/kernel/debug/fault_around_bytes';
const textFile = '/run/trio/trace.txt';
const outputFolder = '/run/trio/output';

/** Room for the records of one start, and for the lines of its text trace. The largest start needs a tenth. */
const eventsBytes = 128 * 2 ** 20;
const textBytes = 64 * 2 ** 20;

/**
 * Pulls the image, then starts it once for each of the scenario's starts, under the I/O tracker. The output has, for
 * each, a folder with `trace.txt` (the published format) and the rich trace's `events0`, one file a CPU; `inodes` says
 * what the image's files are (see {@link layerInodes}).
 */
export async function traceStarts(
  host: Host,
  scenario: TraceScenario,
  signal: AbortSignal,
): Promise<GuestResult> {
  const payload = loadPayload();
  await runAsync(host.system.pull(imageReference(host, scenario)), signal);
  run(
    'insmod',
    join(payload, 'rio_tracker.ko'),
    `tracker_output=${textFile}`,
    `tracker_buffer_size=${textBytes}`,
    `events_buffer_bytes=${eventsBytes}`,
  );
  writeFileSync(`${tracker}/host_ns`, tracedHostname);
  const starts: Traced[] = [];
  for (const start of scenario.starts) starts.push(await traceStart(host, scenario, start, signal));
  run('rmmod', 'rio_tracker');
  writeOutput(outputFolder);
  return { type: 'traced', starts };
}

async function traceStart(
  host: Host,
  scenario: TraceScenario,
  start: TracedStart,
  signal: AbortSignal,
): Promise<Traced> {
  writeFileSync(`${tracker}/reset`, '1');
  const restore = applySettings(start);
  if (start.cold) dropCaches();
  await sleep(500); // writeback and the like come to rest
  writeFileSync(`${tracker}/enable`, '1');
  const startNs = process.hrtime.bigint();
  const options = hostnameOptions(tracedHostname);
  const { runningAtNs, readyAtNs } = await startContainer(host, scenario, start.name, signal, options);
  writeFileSync(`${tracker}/enable`, '0');
  restore();
  writeFileSync(`${tracker}/dump`, '1');
  const folder = join(outputFolder, start.name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(textFile, join(folder, 'trace.txt'));
  for (const name of readdirSync(events).filter((file) => /^events\d+$/.test(file)))
    // Not copyFile: the files of a relay channel have no size.
    writeFileSync(join(folder, name), readFileSync(join(events, name)));
  const inodes = join(outputFolder, 'inodes');
  if (!existsSync(inodes)) writeFileSync(inodes, layerInodes(host, start.name));
  const drops = Number(readFileSync(`${tracker}/drops`, 'utf8'));
  await stopContainer(host, start.name, signal);
  return {
    name: start.name,
    startNs: Number(startNs),
    runningNs: Number(runningAtNs),
    readyNs: Number(readyAtNs),
    drops,
  };
}

/** Applies a start's settings; the function returned undoes it. */
function applySettings(start: TracedStart): () => void {
  const before = new Map<string, string>();
  const set = (file: string, value: number) => {
    before.set(file, readFileSync(file, 'utf8').trim());
    writeFileSync(file, String(value));
  };
  if (start.faultAroundBytes !== undefined) set(faultAround, start.faultAroundBytes);
  if (start.readAheadKib !== undefined)
    for (const bdi of readdirSync('/sys/class/bdi'))
      set(`/sys/class/bdi/${bdi}/read_ahead_kb`, start.readAheadKib);
  return () => {
    for (const [file, value] of before) writeFileSync(file, value);
  };
}
