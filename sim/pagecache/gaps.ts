/**
 * page_cache_next_miss and page_cache_prev_miss: the nearest page that is not cached.
 *
 * They walk the kernel's XArray, a tree of nodes of 64 slots, and this is a walk of the same tree with page numbers in
 * place of nodes. It shows a trait of theirs that decides about real windows: started inside a large folio, the walk
 * stands on the folio's first slot while its index stands on the page asked for, and the two go on together until the
 * walk enters another node, where the index decides. So up to 31 pages (or 63 slots) are looked at twice or not at all.
 *
 * A slot of level 0 is a page. A folio of 64 pages or more lies in slots of level 1, each of which is 64 pages.
 */
import type { Inode } from './inode.ts';
import type { Kernel } from './kernel.ts';

/** The first missing page in [page, page + scanPages); without one, what the kernel answers (`Kernel.noHole`). */
export function nextMiss(inode: Inode, page: number, scanPages: number, kernel: Kernel): number {
  if (!inode.has(page)) return page;
  let index = page;
  let level = inode.orderOf(page) < 6 ? 0 : 1;
  let slot = inode.firstOf(page) >> (6 * level);
  for (let looked = 1; looked < scanPages; looked++) {
    index++;
    // At level 0 the kernel has a fast path, which steps without a look at the index but at a node's end.
    const lastSlot = (slot & 63) === 63;
    if (level === 0 && !lastSlot) {
      slot++;
    } else {
      const stays = (slot & 63) === ((index >> (6 * level)) & 63);
      if (!stays) {
        if (!lastSlot) slot++;
        else [level, slot] = [1, blockBehind(slot, level, index)];
      }
      if (level === 1 && !isLargeBlock(inode, slot)) [level, slot] = [0, slot * 64 + (index & 63)];
    }
    if (level === 0 && !inode.has(slot)) return index;
  }
  return kernel.noHole === 'behind' ? page + scanPages : index;
}

/** The last missing page in (page - scanPages, page]; without one, the last page looked at, and -1 before page 0. */
export function prevMiss(inode: Inode, page: number, scanPages: number): number {
  if (!inode.has(page)) return page;
  let index = page;
  let level = inode.orderOf(page) < 6 ? 0 : 1;
  let slot = inode.firstOf(page) >> (6 * level);
  for (let looked = 1; looked < scanPages; looked++) {
    index--;
    if (index < 0) return -1;
    const firstSlot = (slot & 63) === 0;
    if (level === 0 && !firstSlot) {
      slot--;
    } else {
      const stays = (slot & 63) === ((index >> (6 * level)) & 63);
      if (!stays) {
        if (!firstSlot) slot--;
        else {
          const block = blockBefore(slot, level, index);
          // The walk has left the tree.
          if (block < 0) return index;
          [level, slot] = [1, block];
        }
      }
      if (level === 1 && !isLargeBlock(inode, slot)) [level, slot] = [0, slot * 64 + (index & 63)];
    }
    if (level === 0 && !inode.has(slot)) return index;
  }
  return index;
}

/** The 64 pages are (part of) one folio, which lies in the slot of level 1 itself. */
function isLargeBlock(inode: Inode, block: number): boolean {
  return inode.has(block * 64) && inode.orderOf(block * 64) >= 6;
}

/** The slot of level 1 to which the walk goes from a node's last slot: up to where there is a next one, then down. */
function blockBehind(slot: number, level: number, index: number): number {
  let above = slot >> 6;
  let aboveLevel = level + 1;
  while ((above & 63) === 63) [above, aboveLevel] = [above >> 6, aboveLevel + 1];
  return descend(above + 1, aboveLevel, index);
}

/** The slot of level 1 to which the walk goes from a node's first slot; -1 if there is none before. */
function blockBefore(slot: number, level: number, index: number): number {
  let above = slot >> 6;
  let aboveLevel = level + 1;
  while ((above & 63) === 0) {
    if (above === 0) return -1;
    [above, aboveLevel] = [above >> 6, aboveLevel + 1];
  }
  return descend(above - 1, aboveLevel, index);
}

function descend(slot: number, level: number, index: number): number {
  let below = slot;
  for (let at = level - 1; at >= 1; at--) below = below * 64 + ((index >> (6 * at)) & 63);
  return below;
}
