import type { RandomStream } from '../engine/random.ts';

/** Slots of a group; of a table as many groups as it takes for seven of eight slots to be enough. */
const groupSlots = 8;
const groupEntriesMax = 7;

/**
 * A Go map's entries in the order in which `range` comes by them: from any slot on, around all of them. A map of up to
 * eight entries has them in the order in which they were put in; a larger one has each in a group that its hash decides
 * about, which another seed does in each map (internal/runtime/maps, table.go and map.go, since Go 1.24).
 *
 * @param entries  in the order in which they are put in
 */
export function goMapOrder<T>(entries: readonly T[], random: RandomStream): T[] {
  let groups = 1;
  if (entries.length > groupSlots) while (entries.length > groups * groupEntriesMax) groups *= 2;
  const slots: (T | undefined)[] = Array.from({ length: groups * groupSlots }, () => undefined);
  const filled = Array.from({ length: groups }, () => 0);
  for (const entry of entries) {
    let group = groups === 1 ? 0 : random.below(groups);
    while (filled[group] === groupSlots) group = (group + 1) % groups;
    slots[group * groupSlots + filled[group]!++] = entry;
  }
  const first = random.below(slots.length);
  return [...slots.slice(first), ...slots.slice(0, first)].filter((entry) => entry !== undefined);
}
