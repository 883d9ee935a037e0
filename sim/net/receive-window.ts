import type { TcpParameters } from './parameters.ts';

/**
 * How much a receiver lets come beyond what its application has read. Grows with what the application reads in a
 * round trip: tcp_rcv_space_adjust, which gives room for twice that, and for a sender that speeds up.
 */
export class ReceiveWindow {
  bytes: number;
  readonly #bytesMax: number;
  readonly #mssBytes: number;
  /** Read in an earlier round trip, the most so far. */
  #spaceBytes: number;
  #sinceNs = 0;
  #sinceBytes = 0;

  constructor(tcp: TcpParameters) {
    this.bytes = tcp.receiveWindowBytes;
    this.#bytesMax = tcp.receiveWindowBytesMax;
    this.#mssBytes = tcp.mssBytes;
    this.#spaceBytes = tcp.initialWindowSegments * tcp.mssBytes;
  }

  /** @param readBytes  what the application has read, counted from the start */
  adjust(nowNs: number, readBytes: number, rttNs: number): void {
    if (nowNs - this.#sinceNs < rttNs) return;
    const copiedBytes = readBytes - this.#sinceBytes;
    this.#sinceNs = nowNs;
    this.#sinceBytes = readBytes;
    if (copiedBytes <= this.#spaceBytes) return;
    const baseBytes = 2 * copiedBytes + 16 * this.#mssBytes;
    const growthBytes = (baseBytes * (copiedBytes - this.#spaceBytes)) / this.#spaceBytes;
    this.bytes = Math.max(this.bytes, Math.min(this.#bytesMax, baseBytes + 2 * growthBytes));
    this.#spaceBytes = copiedBytes;
  }
}
