import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Event {
  readonly topic: string;
  /** The container or the image. */
  readonly name: string;
  /** On CLOCK_REALTIME. */
  readonly atNs: bigint;
}

/** containerd's events about images and tasks. */
export class Events {
  readonly #seen: Event[] = [];
  readonly #child: ChildProcess;
  #wake = () => {};

  constructor() {
    const child = spawn('ctr', ['events'], { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line);
      if (!event) return;
      this.#seen.push(event);
      this.#wake();
    });
    this.#child = child;
  }

  /** When `topic` was said of `name`; also finds what came before it was asked for. */
  async waitFor(topic: string, name: string): Promise<bigint> {
    for (;;) {
      const found = this.#seen.find((event) => event.topic === topic && event.name === name);
      if (found) return found.atNs;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#child.kill();
  }
}

/** `2025-03-30 00:00:10.123456789 +0000 UTC default /images/create {"name":"…",…}` */
function parse(line: string): Event | undefined {
  const match = /^(\S+) ([\d:]+)(?:\.(\d+))? .* (\/(?:images|tasks)\/\S+) (\{.*\})$/.exec(line);
  if (!match) return undefined;
  const [, date, time, fraction = '', topic = '', payload = '{}'] = match;
  const seconds = BigInt(Date.parse(`${date}T${time}Z`) / 1000);
  const { name, container_id } = JSON.parse(payload) as { name?: string; container_id?: string };
  const atNs = seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return { topic, name: container_id ?? name ?? '', atNs };
}
