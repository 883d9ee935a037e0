import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import type { Bursts } from './bursts.ts';
import { Cubic } from './cubic.ts';
import type { LinkDirection } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import { type Acknowledged, burstArrives, type Receiver } from './receiver.ts';

const acknowledges = 0;
const probe = 1;
const writes = 2;

/** How an application writes what it sends. */
export interface Writing {
  /** Handed to the socket at once, bytes; the last segment of each is short if the window lets it go. */
  readonly bytes: number;
  /** Between two of them, ns: what it costs to make one. */
  readonly everyNs: number;
}

/** As if all came from memory in one write. */
export const atOnce: Writing = { bytes: Infinity, everyNs: 0 };

/** The end of a stream that sends: what the application writes, as the send buffer and both windows allow. */
export class Sender implements Acknowledged {
  readonly acknowledgeSignal = acknowledges;
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #tcp: TcpParameters;
  readonly #data: LinkDirection;
  readonly #isLossy: boolean;
  readonly #bursts: Bursts;
  readonly #receiver: Receiver;
  readonly congestion: Cubic;
  /** The receiver of the other direction, at this end: its ACKs ride on what is sent here. */
  #companion: Receiver | undefined;
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
  smoothRttNs = 0;
  minRttNs = Infinity;
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

  constructor(engine: Engine, tcp: TcpParameters, data: LinkDirection, bursts: Bursts, receiver: Receiver) {
    this.#engine = engine;
    this.#source = engine.source();
    this.#tcp = tcp;
    this.#data = data;
    this.#isLossy = data.isLossy;
    this.#bursts = bursts;
    this.#receiver = receiver;
    this.congestion = new Cubic(tcp);
    this.#windowEndBytes = tcp.receiveWindowBytes;
  }

  /** Once, after the handshake, which took so long. */
  start(companion: Receiver, rttNs: number): void {
    this.#companion = companion;
    this.smoothRttNs = rttNs;
    this.minRttNs = rttNs;
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

  receive(signal: number, arg: number): void {
    if (signal === acknowledges) this.#acknowledge(arg);
    else if (signal === writes) {
      this.#isWriting = false;
      this.#write();
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
    if (this.#sentBytes === this.#queuedBytes) return;
    if (this.#inFlightSegments === 0 && this.#lastSentNs >= 0)
      congestion.resume(nowNs, nowNs - this.#lastSentNs, this.#rtoNs());
    const sentBefore = this.#sentBytes;
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
    isLimited ||= this.#inFlightSegments >= congestion.window;
    // tcp_cwnd_validate: a window grows only if it was used. (It would also shrink if it was not for a timeout, but each ACK
    // begins that anew, in tcp_cong_avoid; and after a timeout without one `resume` has halved it.)
    if (!isLimited && this.#sentBytes === sentBefore) return;
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
    const ackInNs = this.#bursts.sentAtNs(this.#ackedBurst + 1) + this.smoothRttNs - nowNs;
    return ackInNs <= Math.min(this.smoothRttNs / 2, 1e6);
  }

  /** tcp_tso_autosize: about a millisecond of the pacing rate. */
  #burstSegments(): number {
    const tcp = this.#tcp;
    if (this.minRttNs < tcp.burstRttNs || this.smoothRttNs === 0) return tcp.burstSegmentsMax;
    const bytes =
      this.#pacingBytesPerNs() * tcp.burstNs + 65536 / 2 ** Math.floor(this.minRttNs / tcp.burstRttNs);
    return Math.min(tcp.burstSegmentsMax, Math.max(tcp.burstSegmentsMin, Math.floor(bytes / tcp.mssBytes)));
  }

  #pacingBytesPerNs(): number {
    const { window, threshold } = this.congestion;
    const ratio = window < threshold / 2 ? this.#tcp.pacingSlowStartRatio : this.#tcp.pacingRatio;
    return (ratio * Math.max(window, this.#inFlightSegments) * this.#tcp.mssBytes) / this.smoothRttNs;
  }

  #rtoNs(): number {
    return this.smoothRttNs + this.#tcp.rtoMinNs;
  }

  #emit(bytes: number, carries: number): void {
    const { mssBytes, headerBytes } = this.#tcp;
    const segments = Math.ceil(bytes / mssBytes);
    const burst = this.#bursts.push(this.#engine.nowNs, bytes, segments, carries);
    const arrivalNs = this.#data.send(bytes + segments * headerBytes, segments);
    this.#inFlightSegments += segments;
    this.#lastSentNs = this.#engine.nowNs;
    this.#companion?.rideBack(arrivalNs);
    if (arrivalNs >= 0) this.#engine.at(arrivalNs, this.#source, this.#receiver, burstArrives, burst);
    this.#armProbe();
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
    bursts.first = Math.max(bursts.first, Math.min(this.#receiver.gapBurst, this.#ackedBurst));
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
    this.smoothRttNs += this.smoothRttNs === 0 ? rttNs : (rttNs - this.smoothRttNs) / 8;
    this.minRttNs = Math.min(this.minRttNs, rttNs);
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
      if (!bursts.hasArrived(b) && carried >= this.#receiver.gapBurst && !bursts.hasArrived(carried))
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
    const waitNs = Math.ceil((2 * this.smoothRttNs + slackNs) * 2 ** Math.min(this.#probes, 10));
    this.#probeEvent = this.#engine.after(waitNs, this.#source, this, probe);
  }

  /** No answer, or no word of an open window: sends the last burst again, whose ACK tells what there is to know. */
  #probe(): void {
    if (++this.#probes > 1) this.congestion.timeOut();
    const last = this.#bursts.end - 1;
    this.#emit(this.#bursts.bytes(last), this.#bursts.carries(last));
  }
}
