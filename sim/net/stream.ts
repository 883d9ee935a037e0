import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import { Bursts } from './bursts.ts';
import { Cubic } from './cubic.ts';
import type { LinkDirection } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import { ReceiveWindow } from './receive-window.ts';

const arrives = 0;
const acknowledges = 1;
const delayedAck = 2;
const probe = 3;
const writes = 4;

/** How an application writes what it sends. */
export interface Writing {
  /** Handed to the socket at once, bytes; the last segment of each is short if the window lets it go. */
  readonly bytes: number;
  /** Between two of them, ns: what it costs to make one. */
  readonly everyNs: number;
}

/** As if all came from memory in one write. */
export const atOnce: Writing = { bytes: Infinity, everyNs: 0 };

/**
 * One direction of a TCP connection: the sender at one end, the receiver and its ACKs at the other. What Linux hands to
 * the device at once, up to 64 KiB of segments, is one burst: it goes over the link as one and is acknowledged as one,
 * so that a burst costs two events whatever its size.
 *
 * Bytes are counted from the connection's start. `received` bytes are there without a gap.
 */
export class Stream implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #tcp: TcpParameters;
  readonly #data: LinkDirection;
  readonly #back: LinkDirection;
  readonly #isLossy: boolean;
  readonly #bursts = new Bursts();
  readonly congestion: Cubic;
  #peer: Stream | undefined;

  // The sender.
  #writing: Writing = atOnce;
  /** Offered by the application, not yet in the socket. */
  #offeredBytes = 0;
  #isBlocked = false;
  #isWriting = false;
  #sendBufferBytes = 0;
  /** Counted from the start: in the socket, sent, acknowledged, allowed by the receiver. */
  #queuedBytes = 0;
  #sentBytes = 0;
  #ackedBytes = 0;
  #windowEndBytes: number;
  #inFlightSegments = 0;
  #ackedBurst = -1;
  #lastSentNs = -1;
  #smoothRttNs = 0;
  #minRttNs = Infinity;
  /** HyStart's round and the window whose use is watched end when this is acknowledged. */
  #roundEndBytes = 0;
  #usageEndBytes = 0;
  #isWindowLimited = false;
  #mostInFlight = 0;
  #recoveryEndBytes = 0;
  #probeEvent = -1;
  #probes = 0;
  #written: Actor | undefined;
  #writtenSignal = 0;
  #writtenArg = 0;

  // The receiver.
  /** The first burst that has not arrived, in the order of bytes. */
  #gapBurst = 0;
  #highestBurst = -1;
  #unackedBytes = 0;
  #receiverRttNs = 0;
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

  constructor(engine: Engine, tcp: TcpParameters, data: LinkDirection, back: LinkDirection) {
    this.#engine = engine;
    this.#source = engine.source();
    this.#tcp = tcp;
    this.#data = data;
    this.#back = back;
    this.#isLossy = data.isLossy;
    this.congestion = new Cubic(tcp);
    this.#windowEndBytes = tcp.receiveWindowBytes;
    this.#advertisedEndBytes = tcp.receiveWindowBytes;
    this.#window = new ReceiveWindow(tcp);
  }

  /** The other direction, whose segments carry the ACKs of this one. Once, before anything is sent. */
  pair(peer: Stream): void {
    this.#peer = peer;
  }

  /** What the handshake took. */
  start(rttNs: number): void {
    this.#smoothRttNs = rttNs;
    this.#minRttNs = rttNs;
    this.#receiverRttNs = rttNs;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /**
   * Sends so many bytes more.
   *
   * @param written  told when the socket has taken all of them: they may still be on the way
   */
  send(bytes: number, writing: Writing, written?: Actor, signal = 0, arg = 0): void {
    if (this.#offeredBytes > 0) throw new Error('the application writes one thing after the other');
    this.#offeredBytes = bytes;
    this.#writing = writing;
    this.#written = written;
    this.#writtenSignal = signal;
    this.#writtenArg = arg;
    this.#write();
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
    this.#window.adjust(this.#engine.nowNs, this.consumedBytes, this.#receiverRttNs);
    const openBytes = this.#advertisedEndBytes - this.receivedBytes;
    const nowOpenBytes = this.consumedBytes + this.#window.bytes - this.receivedBytes;
    if (this.#unackedBytes > this.#tcp.mssBytes || nowOpenBytes >= 2 * openBytes) this.#sendAck();
    this.#tellWatcher();
  }

  receive(signal: number, arg: number): void {
    if (signal === arrives) this.#arrive(arg);
    else if (signal === acknowledges) this.#acknowledge(arg);
    else if (signal === writes) {
      this.#isWriting = false;
      this.#write();
    } else if (signal === delayedAck) {
      this.#ackEvent = -1;
      this.#sendAck();
    } else {
      this.#probeEvent = -1;
      this.#probe();
    }
  }

  /** Moves what the application has into the socket, as far as the send buffer has room. */
  #write(): void {
    if (this.#isWriting) return;
    this.#expandSendBuffer();
    while (this.#offeredBytes > 0) {
      const room = this.#sendBufferBytes - (this.#queuedBytes - this.#ackedBytes);
      this.#isBlocked = room <= 0;
      if (this.#isBlocked) return;
      const bytes = Math.min(this.#offeredBytes, this.#writing.bytes, room);
      this.#offeredBytes -= bytes;
      this.#queuedBytes += bytes;
      this.#transmit();
      if (this.#writing.everyNs > 0 && this.#offeredBytes > 0) {
        this.#isWriting = true;
        this.#engine.after(Math.ceil(this.#writing.everyNs), this.#source, this, writes);
        return;
      }
    }
    const written = this.#written;
    this.#written = undefined;
    written?.receive(this.#writtenSignal, this.#writtenArg);
  }

  /** Sends what the windows allow: tcp_write_xmit. */
  #transmit(): void {
    const { mssBytes } = this.#tcp;
    const nowNs = this.#engine.nowNs;
    const { congestion } = this;
    if (this.#inFlightSegments === 0 && this.#lastSentNs >= 0)
      congestion.restart(nowNs - this.#lastSentNs, this.#rtoNs());
    let isLimited = false;
    while (this.#sentBytes < this.#queuedBytes) {
      const unsentBytes = this.#queuedBytes - this.#sentBytes;
      const congestionBytes = (congestion.window - this.#inFlightSegments) * mssBytes;
      isLimited = congestionBytes <= 0;
      if (isLimited) break;
      const burstBytes = this.#burstSegments() * mssBytes;
      const roomBytes = Math.min(congestionBytes, this.#windowEndBytes - this.#sentBytes);
      let bytes = Math.min(unsentBytes, roomBytes, burstBytes);
      // Only the last segment of what the application has written is short.
      if (bytes < unsentBytes) bytes -= bytes % mssBytes;
      if (bytes <= 0) break;
      if (roomBytes < Math.min(burstBytes, unsentBytes) && this.#shouldDefer(roomBytes)) {
        isLimited = congestionBytes <= this.#windowEndBytes - this.#sentBytes;
        break;
      }
      this.#emit(bytes, this.#bursts.end);
      this.#sentBytes += bytes;
    }
    // tcp_cwnd_validate: a window grows only if it was used.
    if (
      this.#ackedBytes >= this.#usageEndBytes ||
      isLimited ||
      (!this.#isWindowLimited && this.#inFlightSegments > this.#mostInFlight)
    ) {
      this.#isWindowLimited = isLimited;
      this.#mostInFlight = this.#inFlightSegments;
      this.#usageEndBytes = this.#sentBytes;
    }
  }

  /** Whether to wait for the next ACK and send a larger burst: tcp_tso_should_defer. */
  #shouldDefer(roomBytes: number): boolean {
    if (this.#inFlightSegments === 0 || this.#ackedBytes < this.#recoveryEndBytes) return false;
    const nowNs = this.#engine.nowNs;
    if (nowNs - this.#lastSentNs > 1e6) return false;
    if (roomBytes >= (this.congestion.window * this.#tcp.mssBytes) / 3) return false;
    const ackInNs = this.#bursts.sentAtNs(this.#ackedBurst + 1) + this.#smoothRttNs - nowNs;
    return ackInNs <= Math.min(this.#smoothRttNs / 2, 1e6);
  }

  /** tcp_tso_autosize: about a millisecond of the pacing rate. */
  #burstSegments(): number {
    const tcp = this.#tcp;
    if (this.#minRttNs < tcp.burstRttNs || this.#smoothRttNs === 0) return tcp.burstSegmentsMax;
    const bytes =
      this.#pacingBytesPerNs() * tcp.burstNs + 65536 / 2 ** Math.floor(this.#minRttNs / tcp.burstRttNs);
    return Math.min(tcp.burstSegmentsMax, Math.max(tcp.burstSegmentsMin, Math.floor(bytes / tcp.mssBytes)));
  }

  #pacingBytesPerNs(): number {
    const { window, threshold } = this.congestion;
    const ratio = window < threshold / 2 ? this.#tcp.pacingSlowStartRatio : this.#tcp.pacingRatio;
    return (ratio * Math.max(window, this.#inFlightSegments) * this.#tcp.mssBytes) / this.#smoothRttNs;
  }

  #rtoNs(): number {
    return this.#smoothRttNs + this.#tcp.rtoMinNs;
  }

  #emit(bytes: number, carries: number): void {
    const { mssBytes, headerBytes } = this.#tcp;
    const segments = Math.ceil(bytes / mssBytes);
    const burst = this.#bursts.push(this.#engine.nowNs, bytes, segments, carries);
    const arrivalNs = this.#data.send(bytes + segments * headerBytes, segments);
    this.#inFlightSegments += segments;
    this.#lastSentNs = this.#engine.nowNs;
    this.#peer?.rideBack(arrivalNs);
    if (arrivalNs >= 0) this.#engine.at(arrivalNs, this.#source, this, arrives, burst);
    this.#armProbe();
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
    if (carried >= this.#gapBurst) bursts.setArrived(carried);
    this.#highestBurst = burst;
    let gap = this.#gapBurst;
    for (; gap < bursts.end; gap++) {
      if (bursts.isRepair(gap)) continue;
      if (!bursts.hasArrived(gap)) break;
      this.receivedBytes += bursts.bytes(gap);
    }
    this.#gapBurst = gap;
    this.#unackedBytes += bursts.bytes(burst);
    const nowNs = this.#engine.nowNs;
    if (this.#lastArrivalNs < 0 || nowNs - this.#lastArrivalNs > this.#rtoNs()) this.#quickAcks = 16;
    // tcp_grow_window: as long as the window that the receiver dares to offer grows, it also answers at once.
    const daredBytes = this.#tcp.receiveWindowBytes + 2 * this.receivedBytes;
    if (daredBytes < this.#window.bytes && this.#quickAcks === 0) this.#quickAcks = 1;
    this.#lastArrivalNs = nowNs;
    // What the receiver sees in time stamps: from its ACK to the data that it lets go.
    const receiverRttNs = nowNs - bursts.sentAtNs(burst) + this.#minRttNs / 2;
    this.#receiverRttNs += (receiverRttNs - this.#receiverRttNs) / 8;
    if (this.readsAtOnce) {
      this.consumedBytes = this.receivedBytes;
      this.#window.adjust(nowNs, this.consumedBytes, this.#receiverRttNs);
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
    this.#engine.at(arrivalNs, this.#source, this, acknowledges, this.#highestBurst);
  }

  /** The sender learns that a burst has arrived; all before it have arrived too, or are lost. */
  #acknowledge(burst: number): void {
    const bursts = this.#bursts;
    const nowNs = this.#engine.nowNs;
    let arrivedSegments = 0;
    let firstLost = -1;
    const from = this.#ackedBurst + 1;
    for (let b = from; b <= burst; b++) {
      this.#inFlightSegments -= bursts.segments(b);
      if (bursts.hasArrived(b)) arrivedSegments += bursts.segments(b);
      else if (firstLost < 0) firstLost = b;
    }
    this.#ackedBytes = Math.max(this.#ackedBytes, bursts.ackedBytes(burst));
    this.#windowEndBytes = Math.max(this.#windowEndBytes, bursts.windowEndBytes(burst));
    if (burst >= from) {
      this.#ackedBurst = burst;
      this.#probes = 0;
      this.#measure(nowNs - bursts.sentAtNs(burst));
    }
    if (firstLost >= 0) this.#repair(firstLost, burst);
    // tcp_is_cwnd_limited.
    const isLimited =
      this.#isWindowLimited ||
      (this.congestion.inSlowStart && this.congestion.window < 2 * this.#mostInFlight);
    if (arrivedSegments > 0 && isLimited && this.#ackedBytes >= this.#recoveryEndBytes)
      this.congestion.grow(nowNs, arrivedSegments);
    // The last acknowledged one stays: an ACK that only opens the window names it again.
    bursts.first = Math.max(bursts.first, Math.min(this.#gapBurst, this.#ackedBurst));
    this.#transmit();
    this.#armProbe();
    if (!this.#isBlocked) return;
    this.#expandSendBuffer();
    // sk_stream_is_writeable: the application is woken when a third of the buffer is free.
    if (this.#queuedBytes - this.#ackedBytes <= (2 / 3) * this.#sendBufferBytes) this.#write();
  }

  /** The send buffer follows the window up, not down: tcp_sndbuf_expand. */
  #expandSendBuffer(): void {
    const tcp = this.#tcp;
    const segments = Math.max(this.congestion.window, tcp.initialWindowSegments);
    const bytes = Math.min(tcp.sendBufferBytesMax, segments * tcp.sendBufferPerSegmentBytes);
    if (bytes > this.#sendBufferBytes) this.#sendBufferBytes = bytes;
  }

  #measure(rttNs: number): void {
    this.#smoothRttNs += this.#smoothRttNs === 0 ? rttNs : (rttNs - this.#smoothRttNs) / 8;
    this.#minRttNs = Math.min(this.#minRttNs, rttNs);
    const isNewRound = this.#ackedBytes > this.#roundEndBytes;
    if (isNewRound) this.#roundEndBytes = this.#sentBytes;
    // hystart_ack_delay: four of the largest bursts at the pacing rate, 1 ms at most.
    const trainSlackNs = Math.min(1e6, (4 * 65536) / this.#pacingBytesPerNs());
    this.congestion.measure(this.#engine.nowNs, rttNs, isNewRound, trainSlackNs);
  }

  #repair(from: number, to: number): void {
    if (this.#ackedBytes >= this.#recoveryEndBytes) {
      this.congestion.lose();
      this.#recoveryEndBytes = this.#sentBytes;
    }
    const bursts = this.#bursts;
    for (let b = from; b <= to; b++) {
      const carried = bursts.carries(b);
      if (!bursts.hasArrived(b) && carried >= this.#gapBurst && !bursts.hasArrived(carried))
        this.#emit(bursts.bytes(b), carried);
    }
  }

  /** Only a link that loses packets can leave a sender without an answer: tcp_schedule_loss_probe. */
  #armProbe(): void {
    if (!this.#isLossy) return;
    if (this.#probeEvent >= 0) this.#engine.cancel(this.#probeEvent);
    this.#probeEvent = -1;
    if (this.#inFlightSegments === 0 && this.#sentBytes === this.#queuedBytes) return;
    const slackNs = this.#inFlightSegments === 1 ? this.#tcp.rtoMinNs : 8e6;
    const waitNs = Math.ceil((2 * this.#smoothRttNs + slackNs) * 2 ** Math.min(this.#probes, 10));
    this.#probeEvent = this.#engine.after(waitNs, this.#source, this, probe);
  }

  /** No answer, or no word of an open window: sends the last burst again, whose ACK tells what there is to know. */
  #probe(): void {
    if (++this.#probes > 1) this.congestion.timeOut();
    const last = this.#bursts.end - 1;
    this.#emit(this.#bursts.bytes(last), this.#bursts.carries(last));
  }
}
