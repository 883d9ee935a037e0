import type { Outcome } from '../start/simulate.ts';
import type { Image } from '../systems/image.ts';
import type { Metric } from './table.ts';

/**
 * A predicted start in the published table's terms. For a full pull amplification counts, by what the table's numbers
 * add up to, the network, the content store's write and the unpacked files.
 *
 * @param neededBytes  what the table counts as needed
 */
export function figureOf(
  outcome: Outcome,
  metric: Metric,
  of: Readonly<{ system: string; image: Image; imageScale: number; neededBytes: number }>,
): number {
  switch (metric) {
    case 'deployS':
      return outcome.deployNs / 1e9;
    case 'runningS':
      return outcome.runningNs / 1e9;
    case 'readyS':
      return outcome.readyNs / 1e9;
    case 'totalS':
      return outcome.totalNs / 1e9;
    case 'packets':
      return outcome.net.rxPackets;
    case 'amplification': {
      const fetched = outcome.registry.bytes;
      if (of.system !== 'full') return fetched / of.neededBytes;
      const tarBytes = of.image.plain.layers.reduce((sum, layer) => sum + layer.tarBytes, 0);
      return (2 * fetched + tarBytes * of.imageScale) / of.neededBytes;
    }
  }
}
