/** What goes over a line, as a rate in steps of fixed length. */
export class LinkRate {
  readonly #stepNs: number;
  readonly #bytes: number[] = [];

  constructor(stepNs: number) {
    this.#stepNs = stepNs;
  }

  /** Bytes that go out evenly between two times. */
  add(bytes: number, fromNs: number, toNs: number): void {
    const step = this.#stepNs;
    const last = Math.floor(toNs / step);
    for (let i = Math.floor(fromNs / step); i <= last; i++) {
      const inStepNs = Math.min(toNs, (i + 1) * step) - Math.max(fromNs, i * step);
      const share = toNs > fromNs ? inStepNs / (toNs - fromNs) : 1;
      this.#bytes[i] = (this.#bytes[i] ?? 0) + bytes * share;
    }
  }

  /** Where the rate changes, and to what; at the end to 0. */
  *changes(): Generator<{ atNs: number; bytesPerSecond: number }> {
    let before = -1;
    for (let i = 0; i <= this.#bytes.length; i++) {
      const bytesPerSecond = Math.round(((this.#bytes[i] ?? 0) * 1e9) / this.#stepNs);
      if (bytesPerSecond !== before) yield { atNs: i * this.#stepNs, bytesPerSecond };
      before = bytesPerSecond;
    }
  }
}
