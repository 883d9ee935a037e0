import type { Folio } from './folio.ts';

/** BH_LRU_SIZE (fs/buffer.c) */
const mostBlocks = 16;

/**
 * The blocks of file systems that were looked up last (bh_lrus of fs/buffer.c): a processor holds on to them, and their
 * folios cannot go. Kept for one processor, as recordings have.
 */
export class RecentBlocks {
  /** By block, in the order in which they were looked up; none: its folio is of another memory cgroup. */
  readonly #folios = new Map<number, Folio | undefined>();

  /** lookup_bh_lru, bh_lru_install */
  lookedUp(block: number, folio: Folio | undefined): void {
    this.#folios.delete(block);
    this.#folios.set(block, folio);
    if (folio) folio.isHeld = true;
    if (this.#folios.size <= mostBlocks) return;
    const [oldest, released] = this.#folios.entries().next().value!;
    this.#folios.delete(oldest);
    if (released) released.isHeld = false;
  }
}
