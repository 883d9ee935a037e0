import { Process, type Flow } from '../engine/process.ts';
import type { Host } from '../host/host.ts';
import type { Node } from '../host/node.ts';
import type { Image } from '../systems/image.ts';

/**
 * The VM's agent, which asks a container's port every 2 ms until it is ready: from the beginning on it has a share of one
 * processor beside whoever works, which gets smaller as its code gets compiled. Once an HTTP server listens, the question
 * is in its queue, and the agent waits for the answer. Beside the program's own work it has what
 * it had in the warm start: less than its share where many threads want to run, as the JVM's do.
 */
export class Prober {
  /** What the first question costs, and what the first answer. */
  readonly firstNs: number;
  readonly answerNs: number;
  /** What others had of the program's time in the warm start, they have here. */
  readonly isThere: boolean;
  readonly #host: Host;
  /** Shares, each from when on. */
  readonly #shares: readonly { readonly fromNs: number; readonly share: number }[];
  #share = 0;
  #isAside = false;
  #isWaiting = false;

  constructor({ host, parameters }: Node, { readiness }: Image) {
    this.#host = host;
    const isProbed = readiness === 'http' || readiness === 'tcp';
    this.isThere = !isProbed || parameters.get('probe.isThere') === 1;
    const cost = (name: string) =>
      isProbed && this.isThere ? parameters.get(`probe-${readiness}${name}`) : 0;
    this.firstNs = cost('.first');
    this.answerNs = readiness === 'http' ? cost('-answer.answers') : 0;
    this.#shares = [
      { fromNs: 0, share: cost('.upTo1sNs') },
      { fromNs: 1e9, share: cost('.upTo4sNs') },
      { fromNs: 4e9, share: cost('.beyond4sNs') },
    ];
  }

  start(): void {
    new Process(this.#run());
  }

  /** The program listens. */
  wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#share = 0;
    if (!this.#isAside) this.#host.takeShare(0);
  }

  /** What it does while the node works this long for the program, in ns. */
  besideNs(ns: number): number {
    return (ns * this.#share) / (1 - this.#share);
  }

  /** While the program works this long, until `goOn`, others do this much. */
  stepAside(ns: number, othersNs: number): void {
    this.#isAside = true;
    // Nobody has all of a processor while somebody else waits for it.
    this.#host.takeShare(Math.min(othersNs / (othersNs + ns), 0.99));
  }

  goOn(): void {
    this.#isAside = false;
    this.#host.takeShare(this.#share);
  }

  *#run(): Flow {
    let atNs = 0;
    for (const { fromNs, share } of this.#shares) {
      if (fromNs > atNs) yield this.#host.sleep(fromNs - atNs);
      if (this.#isWaiting) return;
      atNs = fromNs;
      this.#share = share;
      if (!this.#isAside) this.#host.takeShare(share);
    }
  }
}
