import type { Engine } from '../engine/engine.ts';
import type { RandomStream } from '../engine/random.ts';
import { Neighbour } from './neighbour.ts';

/** What a link is, as vm/ gives it to netem; `trio/network/profile.ts` has the names. */
export interface LinkSettings {
  /** Both directions' delays together, without queueing and transmission. */
  readonly rttNs: number;
  /** Of each direction, bits a second. */
  readonly rateBps: number;
  /** Of each direction, the ratio of packets lost, from 0 to 1. */
  readonly lossRatio: number;
}

/**
 * One direction of a link: all that is sent goes out in the order of arrival at the full rate, then takes the delay; a
 * queue without end, as netem has in the VM. Whoever sends gets the time of arrival and schedules it, so that a packet
 * costs one event.
 *
 * A shared first-in-first-out queue gives each connection a share in proportion to what it keeps in flight. It is TCP
 * that makes shares even, not the link.
 */
export class LinkDirection {
  readonly #engine: Engine;
  readonly #delayNs: number;
  readonly #nsPerByte: number;
  readonly #lossRatio: number;
  readonly #loss: RandomStream | undefined;
  /** When all that was sent so far has gone out. A fraction of a nanosecond counts: packets are short. */
  #freeAtNs = 0;
  /** On the wire so far, headers included: what `tc -s qdisc` shows. */
  bytes = 0;
  packets = 0;
  lostBytes = 0;
  lostPackets = 0;
  /** Told of all that goes out, and from when to when it does. */
  onSend: ((wireBytes: number, fromNs: number, toNs: number) => void) | undefined;

  constructor(engine: Engine, settings: LinkSettings, loss: RandomStream | undefined) {
    const { rttNs, rateBps, lossRatio } = settings;
    if (!(rttNs >= 0 && rateBps > 0 && lossRatio >= 0 && lossRatio < 1))
      throw new Error(`there is no link with ${rttNs} ns, ${rateBps} bit/s and a loss of ${lossRatio}`);
    if (lossRatio > 0 && !loss) throw new Error('a link with losses needs a random stream');
    this.#engine = engine;
    this.#delayNs = rttNs / 2;
    this.#nsPerByte = 8e9 / rateBps;
    this.#lossRatio = lossRatio;
    this.#loss = loss;
  }

  get isLossy(): boolean {
    return this.#lossRatio > 0;
  }

  /**
   * Takes packets that follow each other.
   *
   * @returns when the last of them is at the other end; -1 if they get lost. They all do, or none: what netem drops is
   *   what TCP hands over at once, before segmentation
   */
  send(wireBytes: number, packets: number): number {
    if (this.#lossRatio > 0 && this.#loss!.uniform() < this.#lossRatio) {
      // Dropped before it is queued: takes no time on the line and is not counted there.
      this.lostBytes += wireBytes;
      this.lostPackets += packets;
      return -1;
    }
    this.bytes += wireBytes;
    this.packets += packets;
    const fromNs = Math.max(this.#freeAtNs, this.#engine.nowNs);
    this.#freeAtNs = fromNs + wireBytes * this.#nsPerByte;
    this.onSend?.(wireBytes, fromNs, this.#freeAtNs);
    return Math.ceil(this.#freeAtNs + this.#delayNs);
  }
}

/** The line between node and registry, shared by all their connections. */
export class Link {
  /** From the registry to the node. */
  readonly down: LinkDirection;
  /** From the node to the registry. */
  readonly up: LinkDirection;
  /** None: its address is known. */
  readonly neighbour: Neighbour | undefined;

  /**
   * @param loss    has one user: this link. Needed if packets get lost
   * @param isCold  the node does not know the registry's Ethernet address yet
   */
  constructor(engine: Engine, settings: LinkSettings, loss?: RandomStream, isCold = false) {
    this.down = new LinkDirection(engine, settings, loss);
    this.up = new LinkDirection(engine, settings, loss);
    this.neighbour = isCold ? new Neighbour(engine, this) : undefined;
  }
}
