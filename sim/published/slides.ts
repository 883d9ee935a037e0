import type { Metric } from './table.ts';

/** A parameter that differs from the VM's, and why. */
export interface Input {
  readonly name: string;
  readonly value: number;
  readonly why: string;
}

/** A parameter whose value is the one with which a cell of the table is met; of several cells, their geometric mean. */
export interface FittedInput {
  readonly name: string;
  readonly systems: readonly string[];
  readonly metric: Metric;
  /** Where the search begins; default: the parameter's value. */
  readonly from?: number;
  readonly why: string;
}

/** What the published table says of its setup. */
export const given: readonly Input[] = [
  { name: 'host.cores', value: 24, why: '24 cores' },
  { name: 'net.rateBps', value: 10e9, why: '10 Gbit/s' },
];

/** What it does not say, and is taken from elsewhere. */
export const inferred: readonly Input[] = [
  { name: 'net.rttNs', value: 200e3, why: 'a network of 10 Gbit/s is a local one' },
  { name: 'registry.isOnHost', value: 0, why: 'what comes over a network comes from another machine' },
];

/**
 * What nothing is known of, one parameter a cell or two, in the order in which they are fitted. No other cell is looked
 * at, and none of TrIO, of which the table has no row.
 */
export const fitted: readonly FittedInput[] = [
  {
    ...{ name: 'full.imageScale', systems: ['full'], metric: 'amplification' },
    why: 'the image was larger than the recorded one, which only a full pull sees',
  },
  {
    ...{ name: 'host.speed', systems: ['full'], metric: 'readyS' },
    why: 'how much faster than the VM one core runs the program',
  },
  {
    ...{ name: 'run-cold.starts', systems: ['full'], metric: 'runningS' },
    why: 'containerd and runc, of unknown version and configuration (a network of its own for the container)',
  },
  {
    ...{ name: 'dadi.lz4Ratio', systems: ['dadi'], metric: 'amplification' },
    why: 'how well an unknown image compresses in blocks',
  },
  {
    ...{ name: 'registry.requestsPerSecond', systems: ['dadi', 'dadi-trace'], metric: 'readyS', from: 50 },
    why:
      'of 10 Gbit/s little is used, and a replay that asks for 16 pieces at once is no faster than a start that asks for ' +
      'one after the other: not the line and not the way limit them, but how many requests the registry answers a second',
  },
  {
    ...{ name: 'unpack.bytes', systems: ['full'], metric: 'deployS' },
    why: 'hash and write of an unpacked byte, to an unknown disk',
  },
  {
    ...{ name: 'lazy-pull.operations', systems: ['dadi'], metric: 'deployS' },
    why: 'what a lazy pull takes whatever the image is',
  },
  {
    ...{ name: 'lazy-pull.tocBytes', systems: ['crfs'], metric: 'deployS' },
    why: 'the table of contents of an unknown image',
  },
  {
    ...{ name: 'run-cold-crfs.starts', systems: ['crfs'], metric: 'runningS' },
    why: 'as run-cold.starts',
  },
  {
    ...{ name: 'nydus.daemonStartNs', systems: ['nydus'], metric: 'runningS' },
    why: 'until nydusd runs: more than the start of a container without it',
  },
  {
    ...{ name: 'nydus.zstdRatio', systems: ['nydus'], metric: 'amplification' },
    why: 'how well an unknown image compresses in chunks',
  },
  {
    ...{ name: 'nydus.zstdCost', systems: ['nydus'], metric: 'readyS' },
    why: 'whatever nydusd takes for a byte',
  },
  {
    ...{ name: 'dadi.attachPollNs', systems: ['dadi', 'dadi-trace'], metric: 'runningS' },
    why: 'until the device is there: more than the start of a container without it',
  },
  {
    ...{ name: 'stargz-chunk.compressedBytes', systems: ['crfs'], metric: 'readyS' },
    why: 'whatever the stargz snapshotter takes for a byte',
  },
];

/** TrIO's claims are of the image on either. */
export const predicted = ['trio', 'trio-nydus'] as const;
