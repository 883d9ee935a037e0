import type { RandomStream } from '../engine/random.ts';
import { goMapOrder } from './go-map-order.ts';
import type { LayerEntry, LayerFile, LayerFolder } from './image.ts';

/**
 * A layer's files as the stargz snapshotter's walk comes by them (fs/reader/reader.go, cacheWithReader): what is in a
 * folder in the order of a Go map, each of its folders as a whole.
 */
export function inWalkOrder(folder: LayerFolder, random: RandomStream): LayerFile[] {
  return goMapOrder<LayerEntry>(folder.entries, random).flatMap((entry) =>
    'entries' in entry ? inWalkOrder(entry, random) : entry,
  );
}
