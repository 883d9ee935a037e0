import type { TcpParameters } from './parameters.ts';

/** The window after a loss, over that before it. `beta` of tcp_cubic.c. */
const beta = 717 / 1024;
/** Of the cubic, segments per second³: `bic_scale` 41, ·10 / 1024. */
const scale = 410 / 1024;
/** Segments acknowledged per segment of growth, at least, as long as no loss has shown a limit. */
const initialCountMax = 20;
/** HyStart looks at windows from here on, segments: `hystart_low_window`. */
const hystartWindow = 16;
/** ACKs closer than this are a train, ns: `hystart_ack_delta_us`. */
const trainGapNs = 2e6;
/** RTT samples in a round before their minimum means something: HYSTART_MIN_SAMPLES. */
const samplesMin = 8;
/** What more of RTT means a queue: an eighth of the RTT, within these; HYSTART_DELAY_MIN and _MAX, ns. */
const delayNsMin = 4e6;
const delayNsMax = 16e6;

/**
 * The congestion window as Linux's tcp_cubic.c moves it: slow start with HyStart, which ends it before the first loss
 * (by the length of a train of ACKs, or when the RTT grows), then the cubic. Windows are in segments.
 */
export class Cubic {
  window: number;
  threshold = Infinity;
  readonly #initialWindow: number;

  #minRttNs = Infinity;
  // HyStart, per round.
  #hystartFound = false;
  #roundStartNs = 0;
  #lastAckNs = 0;
  #roundMinRttNs = Infinity;
  #samples = 0;
  // The cubic, per epoch; an epoch begins with the first growth after slow start or a loss.
  #epochStartNs = -1;
  #lastMaxWindow = 0;
  #originWindow = 0;
  #untilOriginNs = 0;
  #renoWindow = 0;
  /** Acknowledged segments that have not yet become growth. */
  #credit = 0;

  constructor(parameters: TcpParameters) {
    this.window = parameters.initialWindowSegments;
    this.#initialWindow = parameters.initialWindowSegments;
  }

  get inSlowStart(): boolean {
    return this.window < this.threshold;
  }

  /** Any ACK; before `grow`. */
  measure(nowNs: number, rttNs: number, newRound: boolean, trainSlackNs: number): void {
    if (rttNs < this.#minRttNs) this.#minRttNs = rttNs;
    if (this.#hystartFound || !this.inSlowStart) return;
    if (newRound) {
      this.#roundStartNs = nowNs;
      this.#lastAckNs = nowNs;
      this.#roundMinRttNs = Infinity;
      this.#samples = 0;
    }
    if (this.window < hystartWindow) return;
    let found = false;
    if (nowNs - this.#lastAckNs <= trainGapNs) {
      this.#lastAckNs = nowNs;
      found = nowNs - this.#roundStartNs > (this.#minRttNs + trainSlackNs) / 2;
    }
    this.#roundMinRttNs = Math.min(this.#roundMinRttNs, rttNs);
    if (this.#samples < samplesMin) this.#samples++;
    else {
      const queueNs = Math.min(delayNsMax, Math.max(delayNsMin, this.#minRttNs / 8));
      found ||= this.#roundMinRttNs > this.#minRttNs + queueNs;
    }
    if (!found) return;
    this.#hystartFound = true;
    this.threshold = this.window;
  }

  /** New segments acknowledged while the window, not the application, was the limit. */
  grow(nowNs: number, segments: number): void {
    if (this.inSlowStart) {
      const grown = Math.min(this.window + segments, this.threshold);
      segments -= grown - this.window;
      this.window = grown;
      if (segments <= 0) return;
    }
    const perSegment = this.#count(nowNs, segments);
    this.#credit += segments;
    const grown = Math.floor(this.#credit / perSegment);
    this.window += grown;
    this.#credit -= grown * perSegment;
  }

  /** Packets were lost, once per window. */
  lose(): void {
    this.#epochStartNs = -1;
    // A window that stopped short of the last maximum gives room to others: fast convergence.
    this.#lastMaxWindow = this.window < this.#lastMaxWindow ? (this.window * (1 + beta)) / 2 : this.window;
    this.threshold = Math.max(2, Math.floor(this.window * beta));
    this.window = this.threshold;
    this.#credit = 0;
  }

  /** No answer at all: begin again with one segment. */
  timeOut(): void {
    this.lose();
    this.window = 1;
    this.#hystartFound = false;
  }

  /**
   * The connection sends again after a pause with nothing in flight, which is no time of the cubic (CA_EVENT_TX_START);
   * one of more than a retransmission timeout halves the window for each of them (tcp_cwnd_restart).
   */
  resume(nowNs: number, idleNs: number, rtoNs: number): void {
    if (this.#epochStartNs >= 0) this.#epochStartNs = Math.min(nowNs, this.#epochStartNs + idleNs);
    if (idleNs <= rtoNs) return;
    const floor = Math.min(this.#initialWindow, this.window);
    // tcp_current_ssthresh. Never above infinity: the first slow start goes on.
    this.threshold = Math.max(this.threshold, Math.floor(0.75 * this.window));
    let window = this.window;
    for (let leftNs = idleNs - rtoNs; leftNs > 0 && window > floor; leftNs -= rtoNs)
      window = Math.floor(window / 2);
    this.window = Math.max(window, floor);
  }

  /** Acknowledged segments for one segment of growth. */
  #count(nowNs: number, segments: number): number {
    const { window } = this;
    if (this.#epochStartNs < 0) {
      this.#epochStartNs = nowNs;
      this.#renoWindow = window;
      this.#originWindow = Math.max(window, this.#lastMaxWindow);
      this.#untilOriginNs = Math.cbrt((this.#originWindow - window) / scale) * 1e9;
    }
    const seconds = (nowNs + this.#minRttNs - this.#epochStartNs - this.#untilOriginNs) / 1e9;
    const target = this.#originWindow + scale * seconds * seconds * seconds;
    let count = target > window ? window / (target - window) : 100 * window;
    if (this.#lastMaxWindow === 0) count = Math.min(count, initialCountMax);
    // Not slower than Reno with the same backoff would be.
    this.#renoWindow += (segments * ((3 * (1 - beta)) / (1 + beta))) / window;
    if (this.#renoWindow > window) count = Math.min(count, window / (this.#renoWindow - window));
    return Math.max(2, count);
  }
}
