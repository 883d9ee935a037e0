import type { Actor } from '../engine/actor.ts';
import type { Engine } from '../engine/engine.ts';
import { Bursts } from './bursts.ts';
import type { LinkDirection } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import { Receiver } from './receiver.ts';
import { Sender, type Writing } from './sender.ts';

/**
 * One direction of a TCP connection: the sender at one end, the receiver and its ACKs at the other. What Linux hands to
 * the device at once, up to 64 KiB of segments, is one burst: it goes over the link as one and is acknowledged as one,
 * so that a burst costs two events whatever its size.
 *
 * Bytes are counted from the connection's start.
 */
export class Stream {
  readonly #sender: Sender;
  readonly #receiver: Receiver;

  /** @param back  where the ACKs go */
  constructor(engine: Engine, tcp: TcpParameters, data: LinkDirection, back: LinkDirection) {
    const bursts = new Bursts();
    this.#receiver = new Receiver(engine, tcp, back, bursts);
    this.#sender = new Sender(engine, tcp, data, bursts, this.#receiver);
  }

  /** After a handshake that took so long; ACKs of one direction ride on the data of the other. */
  start(opposite: Stream, rttNs: number): void {
    this.#sender.start(opposite.#receiver, rttNs);
    this.#receiver.start(this.#sender, rttNs);
  }

  /** There without a gap. */
  get receivedBytes(): number {
    return this.#receiver.receivedBytes;
  }

  /** Read by the application. */
  get consumedBytes(): number {
    return this.#receiver.consumedBytes;
  }

  /** Segments that may be in flight for all that congestion control knows. */
  get congestionWindow(): number {
    return this.#sender.congestion.window;
  }

  /** Whether the application takes all as it comes; else it calls `consume`. */
  set readsAtOnce(readsAtOnce: boolean) {
    this.#receiver.readsAtOnce = readsAtOnce;
  }

  /**
   * Sends so many bytes more.
   *
   * @param written  told when the socket has taken all of them: they may still be on the way
   */
  send(bytes: number, writing: Writing, written?: Actor, signal = 0, arg = 0): void {
    this.#sender.send(bytes, writing, written, signal, arg);
  }

  /** Tells when the application has so many bytes, counted from the start; one watcher at a time. */
  watch(bytes: number, watcher: Actor, signal: number, arg = 0): void {
    this.#receiver.watch(bytes, watcher, signal, arg);
  }

  /** Tells once when there is something to read; at once if there is. For one that reads for itself. */
  whenReadable(reader: Actor, signal: number, arg = 0): void {
    this.#receiver.whenReadable(reader, signal, arg);
  }

  /** The application has read so many of the bytes that had come: makes room for more. */
  consume(bytes: number): void {
    this.#receiver.consume(bytes);
  }
}
