/**
 * The program that runs in the guest: prepares a container host, lets the host take a template, then plays the
 * scenario it finds after the resume. With the argument `shell` it only prepares, for somebody to look around.
 */
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systems } from '../systems/index.ts';
import { registryAddress, registryRoot } from './address.ts';
import { startContainerd, TaskEvents, waitFor } from './containerd.ts';
import { diskDevice } from './disks.ts';
import { pauseForTemplate, readScenario, send } from './host-link.ts';
import { createNetwork, inRegistryNamespace, shapeLink } from './network.ts';
import { perturb } from './perturb.ts';
import { CommandError, modprobe, run, startDaemon } from './process.ts';
import type { GuestResult, RegistryRequest, StartScenario, TraceScenario } from './protocol.ts';
import { runScript } from './script.ts';
import { dropCaches, logFolder, measureStarts, readRegistryLog, type Host } from './start.ts';
import { traceStarts } from './trace.ts';

const requestLog = '/run/trio/requests.ndjson';

async function main(): Promise<void> {
  modprobe('overlay', 'fuse', 'veth', 'sch_netem');
  createNetwork();
  mkdirSync(registryRoot, { recursive: true });
  startDaemon(
    inRegistryNamespace(['registryd', registryAddress, registryRoot, requestLog]),
    '/run/trio/registryd.log',
  );
  const containerd = await startContainerd();
  const events = new TaskEvents();
  await waitFor('registry log', () => existsSync(requestLog));
  await sleep(2000); // daemons finish what they do on their own after the start

  const shell = process.argv[2] === 'shell';
  if (!shell) {
    dropCaches();
    pauseForTemplate();
  }
  const scenario = readScenario();
  if (scenario.kind === 'script') {
    armWatchdog(scenario.limitNs);
    send(runScript(scenario));
    return;
  }
  run('mount', '-o', 'ro', diskDevice('registry'), registryRoot);
  shapeLink(scenario.link);
  if (shell) {
    for (const system of systems) await startSystemDaemon(system.id);
    return;
  }
  await play(scenario, events, containerd.pid ?? 0);
}

async function play(
  scenario: StartScenario | TraceScenario,
  events: TaskEvents,
  containerdPid: number,
): Promise<void> {
  const system = systems.find((candidate) => candidate.id === scenario.system);
  if (!system) throw new Error(`unknown system ${scenario.system}`);
  armWatchdog(scenario.limitNs);
  const giveUp = AbortSignal.timeout(Math.floor(scenario.limitNs / 1e6));
  send({ type: 'progress', text: 'preparing' });
  const daemonPid = await startSystemDaemon(system.id);
  if (scenario.perturbation) await perturb(scenario.perturbation);
  await sleep(500);

  const { clocks } = readRegistryLog(requestLog);
  const host: Host = {
    system,
    events,
    realtimeOffsetNs: clocks.realtimeNs - clocks.monotonicNs,
    daemonPids: [containerdPid, ...(daemonPid ? [daemonPid] : [])],
  };
  let pullStartNs = 0n;
  const measuring: Promise<GuestResult> =
    scenario.kind === 'trace'
      ? traceStarts(host, scenario, giveUp)
      : measureStarts(host, scenario, (atNs) => (pullStartNs = atNs), giveUp);
  const result = await measuring.catch((error: unknown) => {
    if (!giveUp.aborted) throw error;
    const seen = error instanceof Error ? error.message : String(error);
    throw new Error(`not ready within ${scenario.limitNs / 1e9} s of virtual time (${seen})`, {
      cause: error,
    });
  });
  for (const line of readRegistryLog(requestLog).lines) {
    const request = JSON.parse(line) as RegistryRequest;
    const since = (ns: number) => Number(BigInt(ns) - pullStartNs);
    send({
      type: 'request',
      request: { ...request, atNs: since(request.atNs), endNs: since(request.endNs) },
    });
  }
  send(result);
}

/**
 * Arms the machine's watchdog a little behind the agent's own limit: it ends the machine after that much virtual
 * time even when neither the agent nor the kernel runs any more. The device takes 1 to 2046 s.
 */
function armWatchdog(limitNs: number): void {
  const seconds = Math.min(2046, Math.ceil(limitNs / 1e9) + 30);
  run('modprobe', 'i6300esb', `heartbeat=${seconds}`);
  openSync('/dev/watchdog', 'w');
}

/** Starts the daemon of a system, if it has one; returns its process id. */
async function startSystemDaemon(id: string): Promise<number | undefined> {
  const daemon = systems.find((system) => system.id === id)?.daemon;
  if (!daemon) return undefined;
  for (const [path, content] of Object.entries(daemon.files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const child = startDaemon(daemon.command, '/run/trio/daemon.log');
  await waitFor(daemon.socket, () => existsSync(daemon.socket));
  return child.pid;
}

/** The last lines of every log that may explain a failure. */
function explain(error: unknown): string[] {
  const details = error instanceof CommandError ? error.details : [];
  const logs = readdirSync(logFolder).filter((name) => name.endsWith('.log'));
  // The containers' own words first: they are nearest to what failed.
  logs.sort((a, b) => Number(b.startsWith('container-')) - Number(a.startsWith('container-')));
  for (const name of logs) {
    const file = join(logFolder, name);
    // Daemons also log what went well; that explains nothing.
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line && !/level"?[=:]"?(info|debug)/.test(line));
    if (lines.length > 0) details.push(`${file}:`, ...lines.slice(-8));
  }
  return details;
}

try {
  await main();
} catch (error) {
  send({
    type: 'failed',
    reason: error instanceof Error ? error.message : String(error),
    details: explain(error),
  });
}
send({ type: 'end' });
process.exit(0);
