import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import type { Link } from './link.ts';

/** An Ethernet header and an ARP message for IPv4 (net/ipv4/arp.c), as the queue discipline counts them. */
const frameBytes = 42;
/** RETRANS_TIME of net/ipv4/arp.c: 1 s. */
const retryNs = 1e9;

const questionArrives = 0;
const answerArrives = 1;
const isTimeout = 2;

interface Waiter {
  readonly actor: Actor;
  readonly signal: number;
}

/**
 * The registry's Ethernet address, for which a node asks before it sends its first packet (ARP): what goes out until then
 * waits for a round trip. Behind a router it is that one's address, and near.
 */
export class Neighbour implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #link: Link;
  readonly #waiting: Waiter[] = [];
  isKnown = false;
  #timeoutEvent = -1;

  constructor(engine: Engine, link: Link) {
    this.#engine = engine;
    this.#source = engine.source();
    this.#link = link;
  }

  /** Signals when the address is known that was not. */
  resolve(actor: Actor, signal: number): void {
    this.#waiting.push({ actor, signal });
    if (this.#waiting.length === 1) this.#ask();
  }

  receive(signal: number): void {
    if (signal === isTimeout) this.#ask();
    else if (signal === questionArrives) this.#send(this.#link.down, answerArrives);
    else {
      if (this.#timeoutEvent >= 0) this.#engine.cancel(this.#timeoutEvent);
      this.isKnown = true;
      for (const waiter of this.#waiting.splice(0)) waiter.actor.receive(waiter.signal, 0);
    }
  }

  #ask(): void {
    if (this.#link.up.isLossy)
      this.#timeoutEvent = this.#engine.after(retryNs, this.#source, this, isTimeout);
    this.#send(this.#link.up, questionArrives);
  }

  #send(direction: Link['up'], signal: number): void {
    const arrivalNs = direction.send(frameBytes, 1);
    if (arrivalNs >= 0) this.#engine.at(arrivalNs, this.#source, this, signal);
  }
}
