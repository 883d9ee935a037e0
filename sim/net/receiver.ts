import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import type { Bursts } from './bursts.ts';
import type { LinkDirection } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import { ReceiveWindow } from './receive-window.ts';

/** The signal with which a burst arrives; its number is the argument. */
export const burstArrives = 0;
const delayedAck = 1;

/** What the receiver tells the sender, and the sender's end knows of the way. */
export interface Acknowledged extends Actor {
  readonly acknowledgeSignal: number;
  readonly smoothRttNs: number;
  readonly minRttNs: number;
}

/** The end of a stream that gets bytes, and its ACKs: at once, together with data, or after a while. */
export class Receiver implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #tcp: TcpParameters;
  readonly #back: LinkDirection;
  readonly #bursts: Bursts;
  #sender: Acknowledged | undefined;
  /** The first burst that has not arrived, in the order of bytes. */
  gapBurst = 0;
  #highestBurst = -1;
  #unackedBytes = 0;
  #rttNs = 0;
  #quickAcks = 0;
  #isReplying = false;
  #lastArrivalNs = -1;
  #ackEvent = -1;
  #advertisedEndBytes: number;
  readonly #window: ReceiveWindow;
  receivedBytes = 0;
  consumedBytes = 0;
  /** Whether the application takes all as it comes; else it calls `consume`. */
  readsAtOnce = true;
  #watchBytes = Infinity;
  #watcher: Actor | undefined;
  #watcherSignal = 0;
  #watcherArg = 0;
  #reader: Actor | undefined;
  #readerSignal = 0;
  #readerArg = 0;

  constructor(engine: Engine, tcp: TcpParameters, back: LinkDirection, bursts: Bursts) {
    this.#engine = engine;
    this.#source = engine.source();
    this.#tcp = tcp;
    this.#back = back;
    this.#bursts = bursts;
    this.#advertisedEndBytes = tcp.receiveWindowBytes;
    this.#window = new ReceiveWindow(tcp);
  }

  /** Once, after the handshake, which took so long. */
  start(sender: Acknowledged, rttNs: number): void {
    this.#sender = sender;
    this.#rttNs = rttNs;
  }

  /** Tells when the application has so many bytes, counted from the start; one watcher at a time. */
  watch(bytes: number, watcher: Actor, signal: number, arg = 0): void {
    this.#watchBytes = bytes;
    this.#watcher = watcher;
    this.#watcherSignal = signal;
    this.#watcherArg = arg;
    this.#tellWatcher();
  }

  /** Tells once when there is something to read; at once if there is. For one that reads for itself. */
  whenReadable(reader: Actor, signal: number, arg = 0): void {
    if (this.receivedBytes > this.consumedBytes) {
      reader.receive(signal, arg);
      return;
    }
    this.#reader = reader;
    this.#readerSignal = signal;
    this.#readerArg = arg;
  }

  /** The application has read so many of the bytes that had come: makes room for more. */
  consume(bytes: number): void {
    this.consumedBytes += bytes;
    if (this.consumedBytes > this.receivedBytes) throw new Error('more bytes read than have come');
    this.#window.adjust(this.#engine.nowNs, this.consumedBytes, this.#rttNs);
    const openBytes = this.#advertisedEndBytes - this.receivedBytes;
    const nowOpenBytes = this.consumedBytes + this.#window.bytes - this.receivedBytes;
    if (this.#unackedBytes > this.#tcp.mssBytes || nowOpenBytes >= 2 * openBytes) this.#sendAck();
    this.#tellWatcher();
  }

  receive(signal: number, burst: number): void {
    if (signal === burstArrives) this.#arrive(burst);
    else {
      this.#ackEvent = -1;
      this.#sendAck();
    }
  }

  /** A segment of the other direction leaves the receiver's end, and the ACK with it. */
  rideBack(arrivalNs: number): void {
    const nowNs = this.#engine.nowNs;
    if (this.#lastArrivalNs >= 0 && nowNs - this.#lastArrivalNs < this.#tcp.delayedAckNs)
      this.#isReplying = true;
    if (this.#unackedBytes > 0) this.#ackAt(arrivalNs);
  }

  #arrive(burst: number): void {
    const bursts = this.#bursts;
    const carried = bursts.carries(burst);
    bursts.setArrived(burst);
    if (carried >= this.gapBurst) bursts.setArrived(carried);
    this.#highestBurst = burst;
    let gap = this.gapBurst;
    for (; gap < bursts.end; gap++) {
      if (bursts.isRepair(gap)) continue;
      if (!bursts.hasArrived(gap)) break;
      this.receivedBytes += bursts.bytes(gap);
    }
    this.gapBurst = gap;
    this.#unackedBytes += bursts.bytes(burst);
    const nowNs = this.#engine.nowNs;
    if (
      this.#lastArrivalNs < 0 ||
      nowNs - this.#lastArrivalNs > this.#sender!.smoothRttNs + this.#tcp.rtoMinNs
    )
      this.#quickAcks = 16;
    // tcp_grow_window: as long as the window that the receiver dares to offer grows, it also answers at once.
    const daredBytes = this.#tcp.receiveWindowBytes + 2 * this.receivedBytes;
    if (daredBytes < this.#window.bytes && this.#quickAcks === 0) this.#quickAcks = 1;
    this.#lastArrivalNs = nowNs;
    // What the receiver sees in time stamps: from its ACK to the data that it lets go.
    const rttNs = nowNs - bursts.sentAtNs(burst) + this.#sender!.minRttNs / 2;
    this.#rttNs += (rttNs - this.#rttNs) / 8;
    if (this.readsAtOnce) {
      this.consumedBytes = this.receivedBytes;
      this.#window.adjust(nowNs, this.consumedBytes, this.#rttNs);
    }
    // A gap: also what was sent before is missing.
    const isOutOfOrder = gap <= burst;
    const isQuick = this.#quickAcks > 0 && !this.#isReplying;
    if (isQuick) this.#quickAcks--;
    const isEnough = this.#unackedBytes > this.#tcp.mssBytes && this.readsAtOnce;
    if (isEnough || isQuick || isOutOfOrder || bursts.isRepair(burst)) this.#sendAck();
    else if (this.#ackEvent < 0)
      this.#ackEvent = this.#engine.after(this.#tcp.delayedAckNs, this.#source, this, delayedAck);
    if (this.#reader && this.receivedBytes > this.consumedBytes) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.receive(this.#readerSignal, this.#readerArg);
    }
    this.#tellWatcher();
  }

  #tellWatcher(): void {
    if (this.consumedBytes < this.#watchBytes) return;
    const watcher = this.#watcher;
    this.#watchBytes = Infinity;
    this.#watcher = undefined;
    watcher?.receive(this.#watcherSignal, this.#watcherArg);
  }

  #sendAck(): void {
    this.#ackAt(this.#back.send(this.#tcp.headerBytes, 1));
  }

  /** An ACK is under way, alone or with data; -1: it gets lost. */
  #ackAt(arrivalNs: number): void {
    if (this.#ackEvent >= 0) this.#engine.cancel(this.#ackEvent);
    this.#ackEvent = -1;
    this.#unackedBytes = 0;
    this.#advertisedEndBytes = Math.max(this.#advertisedEndBytes, this.consumedBytes + this.#window.bytes);
    if (arrivalNs < 0 || this.#highestBurst < 0) return;
    this.#bursts.setAck(this.#highestBurst, this.receivedBytes, this.#advertisedEndBytes);
    const sender = this.#sender!;
    this.#engine.at(arrivalNs, this.#source, sender, sender.acknowledgeSignal, this.#highestBurst);
  }
}
