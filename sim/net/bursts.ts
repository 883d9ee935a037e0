/** Of a burst's numbers, in this order. */
const sentAt = 0;
const size = 1;
const segmentCount = 2;
const carried = 3;
const isThere = 4;
const acked = 5;
const windowEnd = 6;
const numbersEach = 7;

/**
 * What a stream has sent and must remember: bursts by their number, which counts up. A ring in one typed array, so that
 * a burst allocates nothing, and a short stream little; numbers below `first` are forgotten.
 */
export class Bursts {
  first = 0;
  /** The number of the next burst. */
  end = 0;
  #mask = 7;
  #numbers = new Float64Array(8 * numbersEach);

  /** @returns the number of the new burst */
  push(sentAtNs: number, bytes: number, segments: number, carries = this.end): number {
    if (this.end - this.first > this.#mask) this.#grow();
    const at = this.#at(this.end);
    const numbers = this.#numbers;
    numbers[at + sentAt] = sentAtNs;
    numbers[at + size] = bytes;
    numbers[at + segmentCount] = segments;
    numbers[at + carried] = carries;
    numbers[at + isThere] = 0;
    return this.end++;
  }

  sentAtNs(burst: number): number {
    return this.#numbers[this.#at(burst) + sentAt]!;
  }

  bytes(burst: number): number {
    return this.#numbers[this.#at(burst) + size]!;
  }

  segments(burst: number): number {
    return this.#numbers[this.#at(burst) + segmentCount]!;
  }

  /** The burst whose bytes this one carries: itself, or one that was lost. */
  carries(burst: number): number {
    return this.#numbers[this.#at(burst) + carried]!;
  }

  isRepair(burst: number): boolean {
    return this.carries(burst) !== burst;
  }

  hasArrived(burst: number): boolean {
    return this.#numbers[this.#at(burst) + isThere] === 1;
  }

  setArrived(burst: number): void {
    this.#numbers[this.#at(burst) + isThere] = 1;
  }

  /** What the ACK of this burst says: all bytes before are there, … */
  ackedBytes(burst: number): number {
    return this.#numbers[this.#at(burst) + acked]!;
  }

  /** … and how far the sender may go. */
  windowEndBytes(burst: number): number {
    return this.#numbers[this.#at(burst) + windowEnd]!;
  }

  setAck(burst: number, ackedBytes: number, windowEndBytes: number): void {
    const at = this.#at(burst);
    this.#numbers[at + acked] = ackedBytes;
    this.#numbers[at + windowEnd] = windowEndBytes;
  }

  #at(burst: number): number {
    return numbersEach * (burst & this.#mask);
  }

  #grow(): void {
    const from = this.#numbers;
    const old = this.#mask + 1;
    const to = new Float64Array(2 * from.length);
    this.#mask = 2 * old - 1;
    for (let burst = this.first; burst < this.end; burst++) {
      const at = numbersEach * (burst & (old - 1));
      to.set(from.subarray(at, at + numbersEach), this.#at(burst));
    }
    this.#numbers = to;
  }
}
