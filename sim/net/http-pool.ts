import type { Actor } from '../engine/actor.ts';
import type { Engine, Source } from '../engine/engine.ts';
import { Connection } from './connection.ts';
import type { HttpRequest } from './http-request.ts';
import type { Link } from './link.ts';
import type { TcpParameters } from './parameters.ts';
import type { Registry } from './registry.ts';
import { atOnce } from './sender.ts';
import type { Stream } from './stream.ts';

export interface HttpPoolParameters {
  /** Request line and headers, bytes. Measured: sent less headers of packets, per request, of `crfs` and `full`. */
  readonly requestHeaderBytes: number;
  /** Connections kept for later, at most. DefaultMaxIdleConnsPerHost in Go's net/http. */
  readonly idleConnectionsMax: number;
  /** Connections at once, those being opened included. MaxConnsPerHost in Go's net/http: no limit by default. */
  readonly connectionsMax: number;
  /** After which an idle one is closed, ns. containerd's core/remotes/docker/registry.go sets 30 s. */
  readonly idleTimeoutNs: number;
}

/** containerd's client. */
export const goTransport: HttpPoolParameters = {
  requestHeaderBytes: 250,
  idleConnectionsMax: 2,
  connectionsMax: Infinity,
  idleTimeoutNs: 30e9,
};

/** A client that keeps all of its connections, as reqwest's and photon's do. */
export const keepsAll: HttpPoolParameters = { ...goTransport, idleConnectionsMax: Infinity };

const isOpen = 0;
const isAsked = 1;
const isAnswered = 2;
const isIdleTooLong = 3;

/** A connection of the pool, and what it is doing. */
interface Slot {
  readonly connection: Connection;
  /** All bytes that the connection is to carry, up to the end of the current exchange. */
  upBytes: number;
  downBytes: number;
  exchange: Exchange | undefined;
  idleEvent: number;
}

/** Reads an answer at its own pace, and so slows the sender: tells the stream with `consume`. */
export interface AnswerReader {
  /** The request goes out: the answer will come down this stream, as so many bytes, headers included. */
  begin(stream: Stream, bytes: number): void;
}

/** A request and who waits for its answer. */
interface Exchange {
  readonly request: HttpRequest;
  readonly done: Actor;
  readonly signal: number;
  readonly arg: number;
  readonly reader: AnswerReader | undefined;
}

/**
 * HTTP/1.1 connections to one registry as Go's Transport keeps them: a request takes the connection that was used last;
 * without one it opens one, and goes on whichever is free first, the new one or one that another request is done with.
 */
export class HttpPool implements Actor {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #tcp: TcpParameters;
  readonly #link: Link;
  readonly #registry: Registry;
  readonly #parameters: HttpPoolParameters;
  /** By number, which events carry; closed ones leave a hole. */
  readonly #slots: (Slot | undefined)[] = [];
  readonly #idle: number[] = [];
  readonly #waiting: Exchange[] = [];
  #connections = 0;
  /** Of all the connections that it has opened. */
  connectionsOpened = 0;

  constructor(
    engine: Engine,
    tcp: TcpParameters,
    link: Link,
    registry: Registry,
    parameters: HttpPoolParameters = goTransport,
  ) {
    if (!(parameters.connectionsMax >= 1)) throw new Error('a pool needs a connection');
    this.#engine = engine;
    this.#source = engine.source();
    this.#tcp = tcp;
    this.#link = link;
    this.#registry = registry;
    this.#parameters = parameters;
  }

  /**
   * Delivers the signal when the last byte of the answer is read; `registry.answer` tells what it is.
   *
   * @param reader  without one, all is read as it comes
   */
  request(request: HttpRequest, done: Actor, signal: number, arg = 0, reader?: AnswerReader): void {
    const exchange = { request, done, signal, arg, reader };
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#engine.cancel(this.#slots[idle]!.idleEvent);
      this.#ask(idle, exchange);
      return;
    }
    this.#waiting.push(exchange);
    if (this.#connections < this.#parameters.connectionsMax) this.#dial();
  }

  /** Closes what is idle, as when the client ends. */
  closeIdle(): void {
    for (const number of this.#idle) {
      this.#engine.cancel(this.#slots[number]!.idleEvent);
      this.#close(number);
    }
    this.#idle.length = 0;
  }

  receive(signal: number, number: number): void {
    const slot = this.#slots[number]!;
    if (signal === isOpen) this.#next(number);
    else if (signal === isAsked) this.#registry.take(slot.exchange!.request, slot.connection);
    else if (signal === isAnswered) {
      const exchange = slot.exchange!;
      slot.exchange = undefined;
      this.#next(number);
      exchange.done.receive(exchange.signal, exchange.arg);
    } else {
      this.#idle.splice(this.#idle.indexOf(number), 1);
      this.#close(number);
    }
  }

  #dial(): void {
    const connection = new Connection(this.#engine, this.#tcp, this.#link);
    const slot = { connection, upBytes: 0, downBytes: 0, exchange: undefined, idleEvent: -1 };
    const number = this.#slots.push(slot) - 1;
    this.#connections++;
    this.connectionsOpened++;
    connection.open(this, isOpen, number);
  }

  /** A connection is free: for who has waited longest, for later, or for nobody. */
  #next(number: number): void {
    const exchange = this.#waiting.shift();
    if (exchange) this.#ask(number, exchange);
    else if (this.#idle.length >= this.#parameters.idleConnectionsMax) this.#close(number);
    else {
      this.#idle.push(number);
      const { idleTimeoutNs } = this.#parameters;
      this.#slots[number]!.idleEvent = this.#engine.after(
        idleTimeoutNs,
        this.#source,
        this,
        isIdleTooLong,
        number,
      );
    }
  }

  #ask(number: number, exchange: Exchange): void {
    const slot = this.#slots[number]!;
    const { up, down } = slot.connection;
    const { requestHeaderBytes } = this.#parameters;
    const { bodyBytes } = this.#registry.answer(exchange.request);
    slot.exchange = exchange;
    slot.upBytes += requestHeaderBytes;
    const answerBytes =
      this.#registry.parameters.headerBytes + (exchange.request.method === 'HEAD' ? 0 : bodyBytes);
    slot.downBytes += answerBytes;
    down.readsAtOnce = exchange.reader === undefined;
    exchange.reader?.begin(down, answerBytes);
    up.watch(slot.upBytes, this, isAsked, number);
    down.watch(slot.downBytes, this, isAnswered, number);
    up.send(requestHeaderBytes, atOnce);
  }

  #close(number: number): void {
    this.#slots[number]!.connection.close();
    this.#slots[number] = undefined;
    this.#connections--;
  }
}
