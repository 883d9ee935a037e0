import { vmFlag } from '../pagecache/page-cache.ts';
import { hasRecency, type MappedPages } from './mapped-pages.ts';
import type { Folio, Mapping } from './folio.ts';

/** What of a folio is kept when it goes (a shadow entry): enough to tell, when it comes again, how soon that is. */
export interface Shadow {
  /** nonresident_age, or min_seq. */
  readonly at: number;
  readonly isWorkingset: boolean;
  readonly refs: number;
}

/** An order of eviction for the file pages of one memory cgroup without swap, as mm/vmscan.c has two. */
export interface Lru {
  /** @param shadow  it was in the cache before */
  add(folio: Folio, inFault: boolean, shadow: Shadow | undefined): void;
  /** folio_mark_accessed */
  markAccessed(folio: Folio): void;
  /** It leaves the cache for another reason. */
  remove(folio: Folio): void;
  /** try_to_free_mem_cgroup_pages. @returns pages that went */
  reclaim(): number;
}

/** What an order of eviction needs of its surroundings. */
export interface Surroundings {
  readonly tables: MappedPages;
  /** Takes a folio out of cache and page tables. */
  evict(folio: Folio, shadow: Shadow): void;
}

/** SWAP_CLUSTER_MAX: pages that one reclaim is for, and that a list is looked at in. */
export const clusterPages = 32;
/** DEF_PRIORITY: the first scan is for a 4096th of a list, the last for all of it. */
export const firstPriority = 12;

/** enum folio_references, for clean pages. */
export type References = 'reclaim' | 'keep' | 'activate';

/**
 * folio_check_references, and what makes shrink_folio_list keep a folio although nobody refers to it
 *
 * @param onYoung  is told of each mapping that had been accessed, whose bit is clear then
 */
export function checkReferences(folio: Folio, onYoung?: (mapping: Mapping) => void): References {
  const { references, isExecuted } = takeReferences(folio, onYoung);
  const wasReferenced = folio.isReferenced;
  folio.isReferenced = false;
  if (references === 0) return folio.isDirty || folio.isHeld ? 'activate' : 'reclaim';
  folio.isReferenced = true;
  return wasReferenced || references > 1 || isExecuted ? 'activate' : 'keep';
}

/** folio_referenced: how many mappings were accessed since it was asked last. */
export function takeReferences(
  { mappings }: Folio,
  onYoung?: (mapping: Mapping) => void,
): { references: number; isExecuted: boolean } {
  let references = 0;
  let isExecuted = false;
  for (const mapping of mappings) {
    if (!mapping.isYoung || !hasRecency(mapping)) continue;
    mapping.isYoung = false;
    onYoung?.(mapping);
    references++;
    isExecuted ||= (mapping.vmFlags & vmFlag.EXEC) !== 0;
  }
  return { references, isExecuted };
}
