import { FolioQueue, type Folio } from './folio.ts';
import {
  checkReferences,
  clusterPages,
  firstPriority,
  takeReferences,
  type Lru,
  type Shadow,
  type Surroundings,
} from './lru.ts';

/**
 * The active and the inactive list, with workingset detection (mm/vmscan.c, mm/workingset.c, mm/swap.c of Linux 6.1
 * without lru_gen), for less than 1 GiB of file pages: the inactive list is low when it is the shorter one.
 */
export class TwoLists implements Lru {
  readonly #around: Surroundings;
  readonly #active = new FolioQueue();
  readonly #inactive = new FolioQueue();
  /** lruvec->nonresident_age: pages that left the inactive list, in either direction. */
  #ageOfNonresident = 0;
  /** WORKINGSET_ACTIVATE_FILE, and what it was at the end of the last reclaim. */
  #activatedPages = 0;
  #activatedBefore = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  add(folio: Folio, _: boolean, shadow: Shadow | undefined): void {
    if (shadow) this.#refault(folio, shadow);
    this.#put(folio);
  }

  markAccessed(folio: Folio): void {
    if (!folio.isReferenced) folio.isReferenced = true;
    else if (!folio.isActive) {
      this.remove(folio);
      folio.isActive = true;
      this.#put(folio);
      folio.isReferenced = false;
      this.#ageOfNonresident += folio.pages;
    }
  }

  remove(folio: Folio): void {
    folio.list?.remove(folio);
  }

  reclaim(): number {
    let reclaimed = 0;
    let isForced = false;
    for (;;) {
      let skipped = false;
      for (let priority = firstPriority; priority >= 0 && reclaimed < clusterPages; priority--) {
        const isLow = this.#inactive.pages < this.#active.pages;
        const mayDeactivate = isForced || this.#activatedPages !== this.#activatedBefore || isLow;
        skipped ||= !mayDeactivate && this.#active.pages >> priority > 0;
        reclaimed += this.#shrink(priority, mayDeactivate);
      }
      this.#activatedBefore = this.#activatedPages;
      if (reclaimed > 0 || !skipped || isForced) return reclaimed;
      isForced = true;
    }
  }

  /** workingset_refault: active at once, if it would have stayed with as much more room as the active list has. */
  #refault(folio: Folio, { at, isWorkingset }: Shadow): void {
    if (this.#ageOfNonresident - at > this.#active.pages) return;
    folio.isActive = true;
    this.#ageOfNonresident += folio.pages;
    this.#activatedPages += folio.pages;
    folio.isWorkingset ||= isWorkingset;
  }

  /** shrink_lruvec */
  #shrink(priority: number, mayDeactivate: boolean): number {
    let inactiveLeft = this.#inactive.pages >> priority;
    let activeLeft = this.#active.pages >> priority;
    let reclaimed = 0;
    while ((inactiveLeft > 0 || activeLeft > 0) && reclaimed < clusterPages) {
      const inactive = Math.min(inactiveLeft, clusterPages);
      inactiveLeft -= inactive;
      if (inactive > 0) reclaimed += this.#shrinkInactive(inactive);
      const active = Math.min(activeLeft, clusterPages);
      activeLeft -= active;
      if (active > 0 && mayDeactivate) this.#shrinkActive(active);
    }
    return reclaimed;
  }

  #shrinkInactive(pages: number): number {
    const kept: Folio[] = [];
    let reclaimed = 0;
    for (const folio of isolate(this.#inactive, pages)) {
      const references = checkReferences(folio);
      if (references === 'reclaim') {
        this.#evict(folio);
        reclaimed += folio.pages;
        continue;
      }
      folio.isActive = references === 'activate';
      kept.push(folio);
    }
    for (const folio of kept) this.#putBack(folio);
    return reclaimed;
  }

  #shrinkActive(pages: number): void {
    const kept: Folio[] = [];
    const deactivated: Folio[] = [];
    for (const folio of isolate(this.#active, pages)) {
      const { references, isExecuted } = takeReferences(folio);
      if (references > 0 && isExecuted) kept.push(folio);
      else {
        folio.isActive = false;
        folio.isWorkingset = true;
        deactivated.push(folio);
      }
    }
    for (const folio of kept) this.#putBack(folio);
    for (const folio of deactivated) this.#putBack(folio);
  }

  #evict(folio: Folio): void {
    const shadow = { at: this.#ageOfNonresident, isWorkingset: folio.isWorkingset, refs: 0 };
    this.#ageOfNonresident += folio.pages;
    this.#around.evict(folio, shadow);
  }

  /** move_folios_to_lru */
  #putBack(folio: Folio): void {
    this.#put(folio);
    if (folio.isActive) this.#ageOfNonresident += folio.pages;
  }

  #put(folio: Folio): void {
    (folio.isActive ? this.#active : this.#inactive).pushHead(folio);
  }
}

/** isolate_lru_folios: from the tail, so many pages at least. */
function isolate(queue: FolioQueue, pages: number): Folio[] {
  const taken: Folio[] = [];
  for (let scanned = 0; scanned < pages;) {
    const folio = queue.tail;
    if (!folio) break;
    queue.remove(folio);
    taken.push(folio);
    scanned += folio.pages;
  }
  return taken;
}
