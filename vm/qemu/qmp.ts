import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TrioError } from '../../trio/errors.ts';

const messageSchema = z.union([
  z.object({ QMP: z.unknown() }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() }),
  z.object({ return: z.unknown(), id: z.number() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number().optional() }),
]);

/** Something that QEMU reported by itself, e.g. `STOP`, `SHUTDOWN`, `WATCHDOG`. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A connection to QEMU's monitor (QMP). */
export class Qmp {
  readonly #socket: Socket;
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #events: QmpEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #closed = false;
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    // A reset when QEMU ends is no news: `close` follows. (readline passes its input's errors on.)
    createInterface({ input: socket })
      .on('line', (line) => this.#receive(line))
      .on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      for (const call of this.#calls.values())
        call.reject(new TrioError('QEMU_GONE', 'QEMU ended while its monitor was in use'));
      this.#calls.clear();
      this.#wake();
    });
  }

  /** Connects to the socket once QEMU has made it. `alive` says whether waiting still makes sense. */
  static async connect(path: string, alive: () => boolean): Promise<Qmp> {
    for (;;) {
      const socket = await new Promise<Socket | undefined>((resolve) => {
        const attempt = createConnection(path);
        attempt.once('connect', () => resolve(attempt));
        attempt.once('error', () => resolve(undefined));
      });
      if (socket) {
        const qmp = new Qmp(socket);
        await qmp.call('qmp_capabilities');
        return qmp;
      }
      if (!alive()) throw new TrioError('QEMU_GONE', 'QEMU ended before its monitor was there');
      await sleep(10);
    }
  }

  /** Runs a command and returns its result. */
  call(command: string, argumentsObject?: Record<string, unknown>): Promise<unknown> {
    if (this.#closed) return Promise.reject(new TrioError('QEMU_GONE', `QEMU ended before ${command}`));
    const id = ++this.#lastId;
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: argumentsObject, id })}\n`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** The first event of that name, past or to come; undefined when QEMU ends without it. */
  async event(name: string): Promise<QmpEvent | undefined> {
    for (;;) {
      const found = this.#events.find((event) => event.event === name);
      if (found || this.#closed) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#listeners.delete(wake);
          resolve();
        };
        this.#listeners.add(wake);
      });
    }
  }

  /** Whether an event of that name has come. */
  saw(name: string): boolean {
    return this.#events.some((event) => event.event === name);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(line: string): void {
    const message = messageSchema.parse(JSON.parse(line));
    if ('event' in message) {
      this.#events.push({ event: message.event, data: message.data ?? {} });
      this.#wake();
    } else if ('return' in message) {
      this.#calls.get(message.id)?.resolve(message.return);
      this.#calls.delete(message.id);
    } else if ('error' in message && message.id !== undefined) {
      this.#calls.get(message.id)?.reject(new TrioError('QEMU_COMMAND', `QEMU: ${message.error.desc}`));
      this.#calls.delete(message.id);
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
