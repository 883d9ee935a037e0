import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryAddress, registryRoot } from '../../guest/address.ts';
import { startContainerd, waitFor } from '../../guest/containerd.ts';
import { inRegistryNamespace } from '../../guest/network.ts';
import { run, runAsync, startDaemon } from '../../guest/process.ts';
import { dropCaches, readRegistryLog } from '../../guest/start.ts';
import type { Daemon, System } from '../../systems/system.ts';
import { Events } from './events.ts';
import { requestLog, RegistryLog } from './registry-log.ts';
import type { Image } from './samples.ts';

const { clocks } = readRegistryLog(requestLog);
const realtimeOffsetNs = clocks.realtimeNs - clocks.monotonicNs;
const signal = AbortSignal.timeout(1800e3);

/** CLOCK_MONOTONIC in ns; exact for the first hundred days. */
export const now = (): number => Number(process.hrtime.bigint());

/**
 * A container host as a measured start has it: daemons that have done nothing yet, nothing of an image, cold caches.
 * What a daemon has run once stays mapped, and what it has pulled stays known to it: only new ones are cold.
 */
export class Host {
  readonly system: System;
  readonly requests = new RegistryLog();
  readonly #events = new Events();

  private constructor(system: System) {
    this.system = system;
  }

  /**
   * The same steps and pauses as in vm/guest/agent.ts, but that the snapshotter comes before containerd, which looks
   * for it at once, and fails pulls in the pauses that it makes between its attempts.
   */
  static async fresh(system: System): Promise<Host> {
    await stop('containerd', 'registryd', 'stargzd');
    for (const mount of fuseMounts()) run('umount', '-l', mount);
    for (const path of ['/run/containerd', '/var/lib/containerd', '/var/lib/trio'])
      rmSync(path, { recursive: true, force: true });
    const registry = ['registryd', registryAddress, registryRoot, requestLog];
    startDaemon(inRegistryNamespace(registry), '/run/trio/registryd.log');
    if (system.daemon) await startSnapshotter(system.daemon);
    await startContainerd();
    const host = new Host(system);
    await sleep(2000);
    dropCaches();
    await sleep(500);
    dropCaches();
    host.requests.dropped();
    return host;
  }

  close(): void {
    this.#events.close();
  }

  reference(image: Image): string {
    return `${registryAddress}/${image.name}:${this.system.tag}`;
  }

  /** Pulls; returns when it began and ended. */
  async pull(image: Image): Promise<{ fromNs: number; endNs: number }> {
    const command = this.system.pull(this.reference(image));
    const fromNs = now();
    await runAsync(command, signal);
    return { fromNs, endNs: now() };
  }

  /** When containerd said so, on CLOCK_MONOTONIC. */
  async event(topic: string, name: string): Promise<number> {
    return Number((await this.#events.waitFor(topic, name)) - realtimeOffsetNs);
  }

  /**
   * Starts a container, stops it and removes it; returns when `ctr run` began and when the task had started.
   *
   * @param program  to run instead of the image's, a file of the guest
   */
  async run(image: Image, name: string, program?: string): Promise<{ fromNs: number; startedNs: number }> {
    const fromNs = now();
    const command = ['ctr', 'run', '--detach', '--net-host', '--snapshotter', this.system.snapshotter];
    const path = `/${name}`;
    const mount =
      program === undefined ? [] : ['--mount', `type=bind,src=${program},dst=${path},options=rbind:ro`];
    const args = program === undefined ? [] : [path];
    await runAsync(
      [
        ...command,
        '--log-uri',
        `file:///run/trio/${name}.log`,
        ...mount,
        this.reference(image),
        name,
        ...args,
      ],
      signal,
    );
    const startedNs = await this.event('/tasks/start', name);
    await runAsync(['ctr', 'task', 'kill', '--signal', 'SIGKILL', name], signal);
    await this.event('/tasks/exit', name);
    await runAsync(['ctr', 'task', 'delete', name], signal).catch(() => {
      // ctr passes the container's own exit status on (137 after a kill).
    });
    await runAsync(['ctr', 'container', 'delete', name], signal);
    await sleep(1000);
    return { fromNs, startedNs };
  }
}

async function startSnapshotter({ command, socket, files }: Daemon): Promise<void> {
  rmSync(socket, { force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  startDaemon(command, '/run/trio/daemon.log');
  await waitFor(socket, () => existsSync(socket));
  await sleep(200);
}

/** Where snapshotters have mounted layers. */
export function fuseMounts(): string[] {
  const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, mount = '', type = ''] = line.split(' ');
    return type.startsWith('fuse.') ? [mount] : [];
  });
}

/** Processes by the program's name; not those that have ended and whose parent has yet to notice. */
function pidsOf(program: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isRunning(name, program))
    .map(Number);
}

function isRunning(pid: string, program: string): boolean {
  try {
    const [, name, state] = /^\d+ \((.*)\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return name === program && state !== 'Z';
  } catch {
    return false; // it has gone since the folder was listed
  }
}

/** Kills without a last word: nothing that they would save is wanted. */
async function stop(...programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    for (const pid of pidsOf(program)) process.kill(pid, 'SIGKILL');
    await waitFor(`the end of ${program}`, () => pidsOf(program).length === 0);
  }
}
