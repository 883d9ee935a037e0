import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import type { Link } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import { Stream } from './stream.ts';

const synArrives = 0;
const synAckArrives = 1;
const synTimeout = 2;
const finArrives = 3;
const finAckArrives = 4;
const isAddressed = 5;

/** A TCP connection that a node has opened to a registry: handshake, a stream each way, and its end. */
export class Connection implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #tcp: TcpParameters;
  readonly #link: Link;
  /** From the node to the registry. */
  readonly up: Stream;
  /** From the registry to the node. */
  readonly down: Stream;
  isOpen = false;
  #synSentNs = 0;
  #timeoutNs: number;
  #timeoutEvent = -1;
  #opened: Actor | undefined;
  #openedSignal = 0;
  #openedArg = 0;

  constructor(engine: Engine, tcp: TcpParameters, link: Link) {
    this.#engine = engine;
    this.#source = engine.source();
    this.#tcp = tcp;
    this.#link = link;
    this.#timeoutNs = tcp.synTimeoutNs;
    this.up = new Stream(engine, tcp, link.up, link.down);
    this.down = new Stream(engine, tcp, link.down, link.up);
  }

  /** Begins the handshake; the signal comes when the node may send, after one round trip, or two for the first. */
  open(opened: Actor, signal: number, arg = 0): void {
    this.#opened = opened;
    this.#openedSignal = signal;
    this.#openedArg = arg;
    const { neighbour } = this.#link;
    if (neighbour && !neighbour.isKnown) neighbour.resolve(this, isAddressed);
    else this.#sendSyn();
  }

  /** The node ends the connection: FIN, the registry's FIN, and its ACK. */
  close(): void {
    if (!this.isOpen) throw new Error('a connection that is not open cannot be closed');
    this.isOpen = false;
    this.#sendSmall(this.#link.up, this.#tcp.headerBytes, finArrives);
  }

  receive(signal: number): void {
    if (signal === synArrives) this.#sendSmall(this.#link.down, this.#tcp.synBytes, synAckArrives);
    else if (signal === synAckArrives) this.#establish();
    else if (signal === finArrives) this.#sendSmall(this.#link.down, this.#tcp.headerBytes, finAckArrives);
    else if (signal === finAckArrives) this.#link.up.send(this.#tcp.headerBytes, 1);
    else if (signal === isAddressed) this.#sendSyn();
    else {
      this.#timeoutEvent = -1;
      this.#timeoutNs *= 2;
      this.#sendSyn();
    }
  }

  #sendSyn(): void {
    this.#synSentNs = this.#engine.nowNs;
    if (this.#link.up.isLossy)
      this.#timeoutEvent = this.#engine.after(this.#timeoutNs, this.#source, this, synTimeout);
    this.#sendSmall(this.#link.up, this.#tcp.synBytes, synArrives);
  }

  #establish(): void {
    // A SYN sent twice may be answered twice.
    if (this.#opened === undefined) return;
    if (this.#timeoutEvent >= 0) this.#engine.cancel(this.#timeoutEvent);
    this.isOpen = true;
    const rttNs = this.#engine.nowNs - this.#synSentNs;
    this.up.start(this.down, rttNs);
    this.down.start(this.up, rttNs);
    // If this one gets lost, the first data says the same.
    this.#link.up.send(this.#tcp.headerBytes, 1);
    const opened = this.#opened;
    this.#opened = undefined;
    opened.receive(this.#openedSignal, this.#openedArg);
  }

  #sendSmall(direction: Link['up'], wireBytes: number, signal: number): void {
    const arrivalNs = direction.send(wireBytes, 1);
    if (arrivalNs >= 0) this.#engine.at(arrivalNs, this.#source, this, signal);
  }
}
