import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { systems } from '../systems/index.ts';
import { run, startDaemon } from './process.ts';

/** Something that containerd reported, in its own time (`atNs` on CLOCK_REALTIME). */
export interface TaskEvent {
  readonly topic: string;
  readonly atNs: bigint;
  readonly payload: { readonly container_id?: string; readonly id?: string; readonly exit_status?: number };
}

/** Plugins that no system uses: Kubernetes' interface, and snapshotters that look for their file systems at the start. */
const disabledPlugins = [
  'io.containerd.grpc.v1.cri',
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
];

/** Starts containerd, which reaches each system's daemon as a proxy plugin, and waits for its answer. */
export async function startContainerd(): Promise<ChildProcess> {
  const config = '/run/trio/containerd.toml';
  const proxies = systems.map(({ snapshotter, daemon }) =>
    daemon ? `[proxy_plugins.${snapshotter}]\ntype = "snapshot"\naddress = "${daemon.socket}"\n` : '',
  );
  const disabled = `disabled_plugins = ${JSON.stringify(disabledPlugins)}\n`;
  writeFileSync(config, `version = 2\n${disabled}${proxies.join('')}`);
  const daemon = startDaemon(['containerd', '--config', config], '/run/trio/containerd.log');
  await waitFor('containerd.sock', () => existsSync('/run/containerd/containerd.sock'));
  run('ctr', 'version');
  return daemon;
}

/** Waits until `condition` holds. */
export async function waitFor(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 6000) throw new Error(`${what}: not there after a minute`);
    await sleep(10);
  }
}

/** A subscription to containerd's task events; `waitFor` also finds events that came before it was called. */
export class TaskEvents {
  readonly #seen: TaskEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    const child = spawn('ctr', ['events'], { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parseEvent(line);
      if (!event) return;
      this.#seen.push(event);
      for (const wake of this.#waiting) wake();
    });
  }

  /** The event of `topic` for the main task of `container`; rejects when `signal` aborts. */
  async waitFor(topic: string, container: string, signal: AbortSignal): Promise<TaskEvent> {
    for (;;) {
      const found = this.#seen.find(
        (event) =>
          event.topic === topic &&
          event.payload.container_id === container &&
          (event.payload.id === undefined || event.payload.id === container),
      );
      if (found) return found;
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }
}

/** `2025-03-30 00:00:10.123456789 +0000 UTC default /tasks/start {"container_id":…}` */
function parseEvent(line: string): TaskEvent | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? \+0000 UTC \S+ (\/tasks\/\S+) (\{.*\})$/.exec(line);
  if (!match) return undefined;
  const [, date, time, fraction = '', topic = '', payload = '{}'] = match;
  const seconds = BigInt(Date.parse(`${date}T${time}Z`) / 1000);
  return {
    topic,
    atNs: seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')),
    payload: JSON.parse(payload) as TaskEvent['payload'],
  };
}
