import { tablePages } from '../pagecache/page-tables.ts';
import { FolioQueue, type Folio, type Mapping } from './folio.ts';
import {
  checkReferences,
  clusterPages,
  firstPriority,
  type Lru,
  type Shadow,
  type Surroundings,
} from './lru.ts';
import { hasRecency, type Table } from './mapped-pages.ts';

/** MIN_NR_GENS, MAX_NR_GENS, MAX_NR_TIERS, MIN_LRU_BATCH, MAX_LRU_BATCH (include/linux/mmzone.h). */
const fewestGenerations = 2;
const mostGenerations = 4;
const tiers = 4;
const batchPages = 64;
const mostScanned = batchPages * 64;
/** BIT(LRU_REFS_WIDTH) - 1: LRU_REFS counts no further. */
const mostRefs = 3;
/** suitable_to_scan, with 64-byte cache lines: a table is worth a walk when one of so many entries was accessed. */
const entriesPerLine = 8;

/** The multi-gen LRU of Linux 6.12 (lru_gen_* of mm/vmscan.c and mm/workingset.c), for file pages of one zone. */
export class Generations implements Lru {
  readonly #around: Surroundings;
  readonly #lists = Array.from({ length: mostGenerations }, () => new FolioQueue());
  /** Of each generation; a promoted folio counts there before it is moved. */
  readonly #pages = [0, 0, 0, 0];
  /** lru_gen_init_lruvec */
  #minSeq = 0;
  #maxSeq = fewestGenerations + 1;
  /** What refaulted and what went, by tier, in this oldest generation … */
  readonly #refaulted = [0, 0, 0, 0];
  readonly #evicted = [0, 0, 0, 0];
  readonly #protected = [0, 0, 0, 0];
  /** … and its moving averages. */
  readonly #averageRefaulted = [0, 0, 0, 0];
  readonly #averageTotal = [0, 0, 0, 0];
  /** Bloom filters, taken as exact: the tables to walk when the youngest generation has this number; none: all. */
  readonly #worth = new Map<number, Set<Table>>();
  /** Address spaces that were walked before. */
  readonly #walked = new Set<number>();
  /** current->reclaim_state->mm_walk: this reclaim has walked page tables. */
  #hasWalk = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  add(folio: Folio, inFault: boolean, shadow: Shadow | undefined): void {
    if (shadow) this.#refault(folio, inFault, shadow);
    if (inFault) folio.isActive = true;
    this.#put(folio);
  }

  /** folio_inc_refs */
  markAccessed(folio: Folio): void {
    if (!folio.isReferenced) folio.isReferenced = true;
    else if (!folio.isWorkingset) folio.isWorkingset = true;
    else folio.refs = Math.min(folio.refs + 1, mostRefs);
  }

  remove(folio: Folio): void {
    if (folio.gen < 0) return;
    this.#pages[folio.gen]! -= folio.pages;
    folio.gen = -1;
    folio.list?.remove(folio);
  }

  reclaim(): number {
    let reclaimed = 0;
    for (let priority = firstPriority; priority >= 0 && reclaimed < clusterPages; priority--)
      reclaimed += this.#shrink(priority);
    return reclaimed;
  }

  /** lru_gen_refault */
  #refault(folio: Folio, inFault: boolean, { at, isWorkingset, refs: token }: Shadow): void {
    if (at !== this.#minSeq) return;
    const refs = token + Number(isWorkingset);
    this.#refaulted[tierOf(refs)]! += folio.pages;
    if (!inFault && refs < mostRefs) return;
    folio.refs = mostRefs;
    folio.isWorkingset = true;
  }

  /** lru_gen_add_folio */
  #put(folio: Folio): void {
    const isFew = this.#minSeq + fewestGenerations >= this.#maxSeq;
    const seq = folio.isActive ? this.#maxSeq : this.#minSeq + (isFew ? 0 : 1);
    if (folio.isActive) {
      folio.refs = 0;
      folio.isReferenced = false;
      folio.isActive = false;
    }
    this.#join(folio, seq % mostGenerations);
    this.#lists[folio.gen]!.pushHead(folio);
  }

  #join(folio: Folio, gen: number): void {
    if (folio.gen >= 0) this.#pages[folio.gen]! -= folio.pages;
    folio.gen = gen;
    this.#pages[gen]! += folio.pages;
  }

  /** try_to_shrink_lruvec */
  #shrink(priority: number): number {
    let reclaimed = 0;
    this.#hasWalk = false;
    for (let scanned = 0; ;) {
      const toScan = this.#pagesToScan(priority);
      if (toScan <= 0) break;
      const batch = this.#evictBatch();
      reclaimed += batch.reclaimed;
      scanned += batch.scanned;
      if (batch.scanned === 0 || scanned >= toScan) break;
    }
    this.#hasWalk = false;
    return reclaimed;
  }

  /** get_nr_to_scan: nothing if a generation was begun instead. */
  #pagesToScan(priority: number): number {
    const isOut = this.#minSeq + fewestGenerations > this.#maxSeq;
    const all = isOut ? 0 : this.#pagesOf(this.#minSeq, this.#maxSeq);
    if (priority === firstPriority || !(isOut || this.#shouldAge(all))) return all >> priority;
    this.#age();
    return 0;
  }

  /** should_run_aging, when there are generations enough. */
  #shouldAge(all: number): boolean {
    if (this.#minSeq + fewestGenerations < this.#maxSeq) return false;
    const young = this.#pagesOf(this.#maxSeq, this.#maxSeq);
    const old = this.#pagesOf(this.#minSeq, this.#minSeq);
    return young * fewestGenerations > all || old * (fewestGenerations + 2) < all;
  }

  #pagesOf(from: number, to: number): number {
    let pages = 0;
    for (let seq = from; seq <= to; seq++) pages += Math.max(0, this.#pages[seq % mostGenerations]!);
    return pages;
  }

  /** evict_folios */
  #evictBatch(): { scanned: number; reclaimed: number } {
    const batch: Folio[] = [];
    let scanned = this.#isolate(batch);
    scanned += Number(this.#leaveEmptyGenerations());
    if (this.#maxSeq - this.#minSeq + 1 === fewestGenerations) scanned = 0;
    const kept: Folio[] = [];
    const again: Folio[] = [];
    let reclaimed = this.#shrinkFolios(batch, kept);
    for (let i = kept.length - 1; i >= 0; i--) {
      const folio = kept[i]!;
      if (folio.isActive || folio.isReferenced || folio.mappings.length > 0 || folio.isDirty) continue;
      kept.splice(i, 1);
      again.unshift(folio);
    }
    for (const folio of kept) this.#activate(folio);
    const keptAgain: Folio[] = [];
    reclaimed += this.#shrinkFolios(again, keptAgain);
    for (const folio of keptAgain) this.#activate(folio);
    return { scanned, reclaimed };
  }

  #activate(folio: Folio): void {
    this.#forget(folio);
    folio.isActive = true;
    this.#put(folio);
  }

  /** scan_folios */
  #isolate(batch: Folio[]): number {
    if (this.#maxSeq - this.#minSeq + 1 === fewestGenerations) return 0;
    const tier = this.#tierToEvict();
    const gen = this.#minSeq % mostGenerations;
    const list = this.#lists[gen]!;
    let scanned = 0;
    let isolated = 0;
    let remaining = mostScanned;
    for (let folio = list.tail; folio; folio = list.tail) {
      scanned += folio.pages;
      if (!this.#sort(folio, gen, tier)) {
        if (!folio.isReferenced) this.#forget(folio);
        folio.isReferenced = false;
        this.remove(folio);
        batch.push(folio);
        isolated += folio.pages;
      }
      if (--remaining === 0 || isolated >= batchPages) break;
    }
    return isolated > 0 || remaining === 0 ? scanned : 0;
  }

  /** sort_folio: whether it is in the oldest generation no more. */
  #sort(folio: Folio, oldest: number, tier: number): boolean {
    if (folio.gen !== oldest) {
      folio.list?.remove(folio);
      this.#lists[folio.gen]!.pushHead(folio);
      return true;
    }
    const refs = refsOf(folio);
    if (tierOf(refs) <= tier && refs !== mostRefs + 1) return false;
    this.#protected[tierOf(refs)]! += folio.pages;
    this.#forget(folio);
    folio.list?.remove(folio);
    this.#join(folio, (oldest + 1) % mostGenerations);
    this.#lists[folio.gen]!.pushTail(folio);
    return true;
  }

  /** shrink_folio_list. @returns pages that went */
  #shrinkFolios(batch: readonly Folio[], kept: Folio[]): number {
    let reclaimed = 0;
    for (const folio of batch) {
      if (folio.mappings.length > 0 && folio.isReferenced) {
        kept.push(folio);
        continue;
      }
      const references = checkReferences(folio, (mapping) => this.#lookAround(mapping));
      if (references !== 'reclaim') {
        folio.isActive = references === 'activate';
        kept.push(folio);
        continue;
      }
      const refs = refsOf(folio);
      this.#evicted[tierOf(refs)]! += folio.pages;
      reclaimed += folio.pages;
      this.#around.evict(folio, {
        at: this.#minSeq,
        isWorkingset: refs > 0,
        refs: Math.max(refs - 1, 0),
      });
    }
    return reclaimed;
  }

  /** lru_gen_look_around: where one page of a mapping was accessed, its neighbours may have been. */
  #lookAround(mapping: Mapping): void {
    const { addressPage } = mapping;
    const table = this.#around.tables.tableOf(mapping);
    if (!table) return;
    const tableStart = addressPage - (addressPage % tablePages);
    let start = Math.max(tableStart, mapping.vmStartPage);
    let end = Math.min(tableStart + tablePages, mapping.vmEndPage);
    if (end - start === 1) return;
    if (end - start > batchPages) {
      if (addressPage - start < batchPages / 2) end = start + batchPages;
      else if (end - addressPage < batchPages / 2) start = end - batchPages;
      else {
        start = addressPage - batchPages / 2;
        end = addressPage + batchPages / 2;
      }
    }
    let young = 1;
    for (let page = start; page < end; page++) {
      const entry = table.entries[page - tableStart];
      if (entry === undefined || entry === 'copied' || !entry.isYoung) continue;
      entry.isYoung = false;
      young++;
      this.#promote(entry.folio, this.#hasWalk);
    }
    if (young * entriesPerLine >= end - start) this.#worthAWalk(this.#maxSeq, table);
  }

  /** @param inPlace  as page table walks do: only its generation changes, its place does when it is scanned */
  #promote(folio: Folio, inPlace: boolean): void {
    const newest = this.#maxSeq % mostGenerations;
    if (folio.gen < 0) folio.isReferenced = true;
    else if (inPlace) {
      this.#forget(folio);
      this.#join(folio, newest);
    } else if (folio.gen !== newest) {
      this.#forget(folio);
      this.remove(folio);
      folio.isActive = true;
      this.#put(folio);
    }
  }

  /** try_to_inc_max_seq: walks page tables, then begins a generation. */
  #age(): void {
    this.#hasWalk = true;
    const worth = this.#worth.get(this.#maxSeq);
    this.#worth.set(this.#maxSeq + 1, new Set());
    this.#worth.delete(this.#maxSeq - 1);
    for (const [mm, tables] of this.#around.tables.spaces) {
      const isFirst = !this.#walked.has(mm);
      this.#walked.add(mm);
      for (const table of tables.values()) {
        if (!isFirst && !table.isYoung) continue;
        table.isYoung = isFirst && table.isYoung;
        if (!isFirst && worth && !worth.has(table)) continue;
        if (this.#walk(table)) this.#worthAWalk(this.#maxSeq + 1, table);
      }
    }
    this.#maxSeq++;
  }

  /** walk_pte_range. @returns whether it was worth it */
  #walk(table: Table): boolean {
    let young = 0;
    let all = 0;
    let counted = 0;
    for (const [at, entry] of table.entries.entries()) {
      if (entry === undefined || entry === 'copied' || !hasRecency(entry)) continue;
      // What a mapping has of the table counts as a whole.
      const start = Math.max(counted, at - (entry.addressPage - entry.vmStartPage), 0);
      const end = Math.min(tablePages, at + entry.vmEndPage - entry.addressPage);
      all += Math.max(0, end - start);
      counted = Math.max(counted, end);
      if (!entry.isYoung) continue;
      entry.isYoung = false;
      young++;
      this.#promote(entry.folio, true);
    }
    return young * entriesPerLine >= all;
  }

  #worthAWalk(seq: number, table: Table): void {
    this.#worth.get(seq)?.add(table);
  }

  /** try_to_inc_min_seq */
  #leaveEmptyGenerations(): boolean {
    const before = this.#minSeq;
    let minSeq = before;
    while (minSeq + fewestGenerations <= this.#maxSeq && !this.#lists[minSeq % mostGenerations]!.tail)
      minSeq++;
    if (minSeq === before) return false;
    this.#minSeq = minSeq;
    this.#carryOver();
    return true;
  }

  /** reset_ctrl_pos; the history of each generation is its own (NR_HIST_GENS), and begins empty. */
  #carryOver(): void {
    for (let tier = 0; tier < tiers; tier++) {
      const total = this.#averageTotal[tier]! + this.#evicted[tier]! + this.#protected[tier]!;
      this.#averageRefaulted[tier] = Math.floor((this.#averageRefaulted[tier]! + this.#refaulted[tier]!) / 2);
      this.#averageTotal[tier] = Math.floor(total / 2);
      this.#refaulted[tier] = 0;
      this.#evicted[tier] = 0;
      this.#protected[tier] = 0;
    }
  }

  /** get_tier_idx: the highest whose pages do not refault twice as often as those of the first. */
  #tierToEvict(): number {
    let tier = 1;
    for (; tier < tiers; tier++) if (!this.#isNoWorse(tier)) break;
    return tier - 1;
  }

  /** positive_ctrl_err */
  #isNoWorse(tier: number): boolean {
    const first = this.#position(0);
    const other = this.#position(tier);
    return (
      other.refaulted < batchPages ||
      other.refaulted * (first.total + batchPages) <= (first.refaulted + 1) * other.total * 2
    );
  }

  /** read_ctrl_pos */
  #position(tier: number) {
    return {
      refaulted: this.#averageRefaulted[tier]! + this.#refaulted[tier]!,
      total: this.#averageTotal[tier]! + this.#evicted[tier]! + this.#protected[tier]!,
    };
  }

  /** folio_clear_lru_refs */
  #forget(folio: Folio): void {
    folio.refs = 0;
    folio.isReferenced = false;
    folio.isWorkingset = false;
  }
}

/** folio_lru_refs: accesses beyond the first. */
function refsOf(folio: Folio): number {
  return folio.refs + Number(folio.isWorkingset);
}

/** lru_tier_from_refs: order_base_2(refs + 1) */
function tierOf(refs: number): number {
  return 32 - Math.clz32(refs);
}
