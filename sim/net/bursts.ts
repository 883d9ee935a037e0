/**
 * What a stream has sent and must remember: bursts by their number, which counts up. A ring over typed arrays, so that
 * a burst allocates nothing; numbers below `first` are forgotten.
 */
export class Bursts {
  first = 0;
  /** The number of the next burst. */
  end = 0;
  #mask = 63;
  #sentAtNs = new Float64Array(64);
  #bytes = new Float64Array(64);
  #segments = new Int32Array(64);
  /** The burst whose bytes this one carries: itself, or one that was lost. */
  #carries = new Float64Array(64);
  #arrived = new Uint8Array(64);
  /** What the ACK of this burst says: all bytes before are there, and how far the sender may go. */
  #ackedBytes = new Float64Array(64);
  #windowEndBytes = new Float64Array(64);

  /** @returns the number of the new burst */
  push(sentAtNs: number, bytes: number, segments: number, carries = this.end): number {
    if (this.end - this.first > this.#mask) this.#grow();
    const at = this.end & this.#mask;
    this.#sentAtNs[at] = sentAtNs;
    this.#bytes[at] = bytes;
    this.#segments[at] = segments;
    this.#carries[at] = carries;
    this.#arrived[at] = 0;
    return this.end++;
  }

  sentAtNs(burst: number): number {
    return this.#sentAtNs[burst & this.#mask]!;
  }

  bytes(burst: number): number {
    return this.#bytes[burst & this.#mask]!;
  }

  segments(burst: number): number {
    return this.#segments[burst & this.#mask]!;
  }

  carries(burst: number): number {
    return this.#carries[burst & this.#mask]!;
  }

  isRepair(burst: number): boolean {
    return this.#carries[burst & this.#mask] !== burst;
  }

  hasArrived(burst: number): boolean {
    return this.#arrived[burst & this.#mask] === 1;
  }

  setArrived(burst: number): void {
    this.#arrived[burst & this.#mask] = 1;
  }

  ackedBytes(burst: number): number {
    return this.#ackedBytes[burst & this.#mask]!;
  }

  windowEndBytes(burst: number): number {
    return this.#windowEndBytes[burst & this.#mask]!;
  }

  setAck(burst: number, ackedBytes: number, windowEndBytes: number): void {
    this.#ackedBytes[burst & this.#mask] = ackedBytes;
    this.#windowEndBytes[burst & this.#mask] = windowEndBytes;
  }

  #grow(): void {
    const old = this.#mask + 1;
    const mask = 2 * old - 1;
    const { first, end } = this;
    const moved = <T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T => {
      for (let burst = first; burst < end; burst++) to[burst & mask] = from[burst & (old - 1)]!;
      return to;
    };
    this.#sentAtNs = moved(this.#sentAtNs, new Float64Array(2 * old));
    this.#bytes = moved(this.#bytes, new Float64Array(2 * old));
    this.#segments = moved(this.#segments, new Int32Array(2 * old));
    this.#carries = moved(this.#carries, new Float64Array(2 * old));
    this.#arrived = moved(this.#arrived, new Uint8Array(2 * old));
    this.#ackedBytes = moved(this.#ackedBytes, new Float64Array(2 * old));
    this.#windowEndBytes = moved(this.#windowEndBytes, new Float64Array(2 * old));
    this.#mask = mask;
  }
}
