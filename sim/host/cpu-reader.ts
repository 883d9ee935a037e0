import type { Actor } from '../engine/actor.ts';
import type { FairServer } from '../engine/fair-server.ts';
import type { AnswerReader } from '../net/http-pool.ts';
import type { Stream } from '../net/stream.ts';

const isReadable = 0;
const isWorked = 1;

/**
 * Reads an answer as fast as the processor lets it: for each byte so much work before the socket has room for another.
 * What the receiver does not take the sender does not send, so that a slow processor slows the transfer, not the line.
 */
export class CpuReader implements AnswerReader, Actor {
  readonly #cpu: FairServer;
  readonly #nsPerByte: number;
  readonly #onRead: ((leftBytes: number) => void) | undefined;
  #stream: Stream | undefined;
  #leftBytes = 0;

  /** @param onRead  told each time how much of the answer is still to be read */
  constructor(cpu: FairServer, nsPerByte: number, onRead?: (leftBytes: number) => void) {
    this.#cpu = cpu;
    this.#nsPerByte = nsPerByte;
    this.#onRead = onRead;
  }

  begin(stream: Stream, bytes: number): void {
    this.#stream = stream;
    this.#leftBytes = bytes;
    stream.whenReadable(this, isReadable);
  }

  receive(signal: number, bytes: number): void {
    const stream = this.#stream!;
    if (signal === isReadable) {
      const there = Math.min(this.#leftBytes, stream.receivedBytes - stream.consumedBytes);
      this.#cpu.serve(there * this.#nsPerByte, this, isWorked, there);
      return;
    }
    this.#leftBytes -= bytes;
    this.#onRead?.(this.#leftBytes);
    if (this.#leftBytes > 0) {
      stream.consume(bytes);
      stream.whenReadable(this, isReadable);
    } else stream.consume(bytes);
  }
}
