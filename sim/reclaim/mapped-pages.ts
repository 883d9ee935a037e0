import type { Inode } from '../pagecache/inode.ts';
import { vmFlag } from '../pagecache/page-cache.ts';
import { tablePages, touchFlag, type Tables, type Touch } from '../pagecache/page-tables.ts';
import type { Folio, Mapping } from './folio.ts';

/** An entry for a private copy of a page: nothing that reclaim could take without swap. */
const copied = 'copied';
type Entry = Mapping | typeof copied | undefined;

/** The entries of one page table, 2 MiB of addresses. */
export class Table {
  readonly entries: Entry[] = [];
  /** The accessed bit of the entry that points to this table. */
  isYoung = true;
}

/** Page tables with accessed bits, and the way back from a folio to its entries (rmap). */
export class MappedPages implements Tables {
  readonly #spaces = new Map<number, Map<number, Table>>();
  readonly #folioOf: (inode: Inode, page: number) => Folio | undefined;
  readonly #accessed: (folio: Folio) => void;

  /**
   * @param folioOf   the folio that an entry is made for
   * @param accessed  is told of a folio that was accessed through an entry which is no more (zap_pte_range)
   */
  constructor(folioOf: (inode: Inode, page: number) => Folio | undefined, accessed: (folio: Folio) => void) {
    this.#folioOf = folioOf;
    this.#accessed = accessed;
  }

  /** In order of their first page. */
  get spaces(): ReadonlyMap<number, ReadonlyMap<number, Table>> {
    return this.#spaces;
  }

  tableOf({ mmId, addressPage }: Mapping): Table | undefined {
    return this.#spaces.get(mmId)?.get(Math.floor(addressPage / tablePages));
  }

  touch(access: Touch): boolean {
    const { mmId, addressPage } = access;
    const table = this.#spaces.get(mmId)?.get(Math.floor(addressPage / tablePages));
    const entry = table?.entries[addressPage % tablePages];
    if (!table || entry === undefined) return false;
    table.isYoung = true;
    if (entry === copied) return true;
    entry.isYoung = true;
    if (copies(access)) {
      drop(entry);
      table.entries[addressPage % tablePages] = copied;
    }
    return true;
  }

  add(access: Touch, addressPage: number, inode: Inode, index: number): void {
    const { mmId, vmStartPage, vmEndPage, vmFlags } = access;
    const table = this.#table(mmId, addressPage);
    table.isYoung = true;
    // Fault-around leaves an entry as it is.
    if (table.entries[addressPage % tablePages] !== undefined) return;
    const folio = copies(access) ? undefined : this.#folioOf(inode, index);
    this.#set(
      table,
      addressPage,
      folio ? { mmId, addressPage, vmStartPage, vmEndPage, vmFlags, folio, isYoung: true } : copied,
    );
  }

  unmap(mm: number, start: number, end: number): void {
    const space = this.#spaces.get(mm);
    if (!space) return;
    for (const [number, table] of space) {
      const first = number * tablePages;
      if (first >= end || first + tablePages <= start) continue;
      for (let at = Math.max(0, start - first); at < Math.min(tablePages, end - first); at++) {
        const entry = table.entries[at];
        table.entries[at] = undefined;
        if (entry === undefined || entry === copied) continue;
        drop(entry);
        if (entry.isYoung && hasRecency(entry)) this.#accessed(entry.folio);
      }
      if (start <= first && first + tablePages <= end) space.delete(number);
    }
    if (space.size === 0) this.#spaces.delete(mm);
  }

  copy(from: number, to: number, start: number, end: number): void {
    for (const [number, table] of this.#spaces.get(from) ?? []) {
      const first = number * tablePages;
      for (let at = Math.max(0, start - first); at < Math.min(tablePages, end - first); at++) {
        const entry = table.entries[at];
        if (entry === undefined) continue;
        const addressPage = first + at;
        // What the child's entry says is not what the child did.
        const own = entry === copied ? copied : { ...entry, mmId: to, isYoung: false };
        this.#set(this.#table(to, addressPage), addressPage, own);
      }
    }
  }

  /** try_to_unmap */
  unmapFolio(folio: Folio): void {
    for (const mapping of folio.mappings) {
      const table = this.tableOf(mapping);
      if (table) table.entries[mapping.addressPage % tablePages] = undefined;
    }
    folio.mappings.length = 0;
  }

  #table(mm: number, addressPage: number): Table {
    let space = this.#spaces.get(mm);
    if (!space) this.#spaces.set(mm, (space = new Map<number, Table>()));
    const number = Math.floor(addressPage / tablePages);
    let table = space.get(number);
    if (!table) space.set(number, (table = new Table()));
    return table;
  }

  #set(table: Table, addressPage: number, entry: Mapping | typeof copied): void {
    table.entries[addressPage % tablePages] = entry;
    if (entry !== copied) entry.folio.mappings.push(entry);
  }
}

function drop(mapping: Mapping): void {
  const { mappings } = mapping.folio;
  mappings.splice(mappings.indexOf(mapping), 1);
}

/** vma_has_recency */
export function hasRecency({ vmFlags }: Pick<Mapping, 'vmFlags'>): boolean {
  return (vmFlags & (vmFlag.SEQ_READ | vmFlag.RAND_READ)) === 0;
}

/** A write to a private mapping. */
function copies({ flags, vmFlags }: Touch): boolean {
  return (flags & touchFlag.WRITE) !== 0 && (vmFlags & vmFlag.SHARED) === 0;
}
