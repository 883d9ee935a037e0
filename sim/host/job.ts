import type { Actor } from '../engine/actor.ts';
import { Completion } from '../engine/completion.ts';
import type { Host } from './host.ts';

/** Work of a processor that somebody may wait for: what a flow would do that only works, without its generator. */
export class Job extends Completion implements Actor {
  /** @param measuredNs  what it took where it was measured */
  constructor(host: Host, measuredNs: number) {
    super();
    host.cores.serve(host.costNs(measuredNs), this, 0);
  }

  receive(): void {
    this.complete();
  }
}
