import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../systems/system.ts';
import { registryAddress } from './address.ts';
import type { TaskEvents } from './containerd.ts';
import { diskWriteBytes, pageCacheBytes, rssBytes } from './gauges.ts';
import { drain } from './host-link.ts';
import { readTraffic, trafficBetween } from './network.ts';
import { run, runAsync } from './process.ts';
import type { GuestResult, Measured, StartScenario, TraceScenario } from './protocol.ts';
import { waitReady } from './readiness.ts';

/** What a start needs of the guest that was prepared for it. */
export interface Host {
  readonly system: System;
  readonly events: TaskEvents;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC: containerd's events carry the former, everything else the latter. */
  readonly realtimeOffsetNs: bigint;
  /** containerd and the system's own daemon. */
  readonly daemonPids: readonly number[];
}

/** Virtual times of one container's start, on CLOCK_MONOTONIC. */
export interface StartTimes {
  readonly runningAtNs: bigint;
  readonly readyAtNs: bigint;
}

/**
 * Measures one cold start, then a warm one of the same image.
 *
 * Deploy ends when the pull command has; Running ends with containerd's task-start event (the entrypoint is
 * executed); Ready ends with the service's answer, or with the program's exit.
 *
 * @param onPullStart  is told the monotonic time at which the pull began
 */
export async function measureStarts(
  host: Host,
  scenario: StartScenario,
  onPullStart: (atNs: bigint) => void,
  signal: AbortSignal,
): Promise<GuestResult> {
  const reference = imageReference(host, scenario);
  const pull = host.system.pull(reference);
  dropCaches();
  const written = diskWriteBytes();
  const cachedBytes = pageCacheBytes();
  const traffic = readTraffic();
  await drain();

  const startNs = process.hrtime.bigint();
  onPullStart(startNs);
  await runAsync(pull, signal);
  const deployedNs = process.hrtime.bigint();
  const cold = await startContainer(host, scenario, 'cold', signal);

  const net = trafficBetween(traffic, readTraffic());
  const memory = {
    pageCacheBytes: pageCacheBytes() - cachedBytes,
    daemonRssBytes: rssBytes(host.daemonPids),
  };
  const disk = { writeBytes: diskWriteBytes() - written };

  await stopContainer(host, 'cold', signal);
  await sleep(1000);
  const warmStartNs = process.hrtime.bigint();
  const warm = await startContainer(host, scenario, 'warm', signal);

  const measured: Measured = {
    deployNs: Number(deployedNs - startNs),
    runningNs: Number(cold.runningAtNs - deployedNs),
    readyNs: Number(cold.readyAtNs - cold.runningAtNs),
    warm: {
      runningNs: Number(warm.runningAtNs - warmStartNs),
      readyNs: Number(warm.readyAtNs - warm.runningAtNs),
    },
    net,
    disk,
    memory,
  };
  return { type: 'measured', measured };
}

/** Where daemons and containers log. */
export const logFolder = '/run/trio';

/** Where a container's output goes. */
function containerLog(name: string): string {
  return `${logFolder}/container-${name}.log`;
}

/** The image that a scenario starts, as containerd names it. */
export function imageReference(host: Host, scenario: StartScenario | TraceScenario): string {
  return `${registryAddress}/${scenario.repository}:${host.system.tag}`;
}

/**
 * Starts a container of the scenario's image and waits until it is ready.
 *
 * @param name     the container's, also of its log
 * @param options  more options of `ctr run`
 */
export async function startContainer(
  host: Host,
  scenario: StartScenario | TraceScenario,
  name: string,
  signal: AbortSignal,
  options: readonly string[] = [],
): Promise<StartTimes> {
  const log = containerLog(name);
  const command = ['ctr', 'run', '--detach', '--net-host', '--snapshotter', host.system.snapshotter];
  const started = runAsync(
    [
      ...command,
      ...options,
      '--log-uri',
      `file://${log}`,
      imageReference(host, scenario),
      name,
      ...scenario.args,
    ],
    signal,
  );
  const failed = started.then(() => new Promise<never>(() => {})); // rejects when `ctr run` fails, else never settles
  const event = host.events.waitFor('/tasks/start', name, signal);
  const running = await Promise.race([event, failed]);

  let readyAtNs: bigint;
  const exited = host.events.waitFor('/tasks/exit', name, signal);
  if (scenario.readiness.kind === 'exit') {
    const exit = await Promise.race([exited, failed]);
    const status = exit.payload.exit_status ?? 0;
    if (status !== scenario.readiness.code)
      throw new Error(`the program ended with status ${status}, not ${scenario.readiness.code}`);
    readyAtNs = exit.atNs - host.realtimeOffsetNs;
  } else {
    const ended = exited.then(
      (exit) => {
        throw new Error(`the container ended (status ${exit.payload.exit_status ?? 0}) before it was ready`);
      },
      // When time is up, what the probe saw last says more.
      () => new Promise<never>(() => {}),
    );
    ended.catch(() => {}); // the container may end later, when nobody waits any more
    readyAtNs = await Promise.race([waitReady(scenario.readiness, log, signal), ended, failed]);
  }
  await started;
  return { runningAtNs: running.atNs - host.realtimeOffsetNs, readyAtNs };
}

/** Kills a container if it still runs, waits for its end and removes it. */
export async function stopContainer(host: Host, name: string, signal: AbortSignal): Promise<void> {
  const exited = host.events.waitFor('/tasks/exit', name, signal);
  const killed = runAsync(['ctr', 'task', 'kill', '--signal', 'SIGKILL', name], signal).catch(() => {
    // A program that has ended by itself cannot be killed; the exit event below decides.
  });
  await Promise.all([exited, killed]);
  await runAsync(['ctr', 'task', 'delete', name], signal).catch(() => {
    // ctr passes the container's own exit status on (137 after a kill).
  });
  await runAsync(['ctr', 'container', 'delete', name], signal);
}

/** Writes dirty pages back and drops every clean page, dentry and inode. */
export function dropCaches(): void {
  run('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

/** Reads the registry's log: its clocks (first line) and its requests. */
export function readRegistryLog(file: string): {
  clocks: { realtimeNs: bigint; monotonicNs: bigint };
  lines: string[];
} {
  const [first = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  // BigInt: nanoseconds since 1970 do not fit a double.
  const field = (name: string) => BigInt(new RegExp(`"${name}":(\\d+)`).exec(first)?.[1] ?? 0);
  return { clocks: { realtimeNs: field('realtimeNs'), monotonicNs: field('monotonicNs') }, lines };
}
