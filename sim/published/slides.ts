import type { Metric } from './table.ts';

/** A parameter that differs from the VM's, and why. */
export interface Input {
  readonly name: string;
  readonly value: number;
  readonly why: string;
}

/** A parameter whose value is the one with which one cell of the table is met. */
export interface FittedInput {
  readonly name: string;
  readonly system: string;
  readonly metric: Metric;
  readonly why: string;
}

/** What the published table says of its setup. */
export const given: readonly Input[] = [{ name: 'host.cores', value: 24, why: '24 cores' }];

/** What it does not say, and is taken from elsewhere. */
export const inferred: readonly Input[] = [
  { name: 'net.rttNs', value: 200e3, why: 'a network of 10 Gbit/s is a local one' },
  { name: 'registry.isOnHost', value: 0, why: 'what comes over a network comes from another machine' },
];

/**
 * What nothing is known of, one parameter a cell, in the order in which they are fitted. No other cell is looked at, and
 * none of TrIO, of which the table has no row.
 */
export const fitted: readonly FittedInput[] = [
  {
    ...{ name: 'full.imageScale', system: 'full', metric: 'packets' },
    why: 'the image was larger than the recorded one, which only a full pull sees',
  },
  {
    ...{ name: 'host.speed', system: 'full', metric: 'readyS' },
    why: 'how much faster than the VM one core runs the program',
  },
  {
    ...{ name: 'run-cold.starts', system: 'full', metric: 'runningS' },
    why: 'containerd and runc, of unknown version and configuration (a network of its own for the container)',
  },
  {
    ...{ name: 'dadi.lz4Ratio', system: 'dadi', metric: 'amplification' },
    why: 'how well an unknown image compresses in blocks',
  },
  {
    ...{ name: 'net.rateBps', system: 'dadi', metric: 'readyS' },
    why: 'what comes through from the registry and its disk, far less than the 10 Gbit/s of the network; all systems pay it',
  },
  {
    ...{ name: 'unpack.bytes', system: 'full', metric: 'deployS' },
    why: 'hash and write of an unpacked byte, to an unknown disk',
  },
  {
    ...{ name: 'lazy-pull.operations', system: 'dadi', metric: 'deployS' },
    why: 'what a lazy pull takes whatever the image is',
  },
  {
    ...{ name: 'lazy-pull.tocBytes', system: 'crfs', metric: 'deployS' },
    why: 'the table of contents of an unknown image',
  },
  {
    ...{ name: 'run-cold-crfs.starts', system: 'crfs', metric: 'runningS' },
    why: 'as run-cold.starts',
  },
  {
    ...{ name: 'nydus.daemonStartNs', system: 'nydus', metric: 'runningS' },
    why: 'until nydusd runs: more than the start of a container without it',
  },
  {
    ...{ name: 'nydus.zstdRatio', system: 'nydus', metric: 'amplification' },
    why: 'how well an unknown image compresses in chunks',
  },
  {
    ...{ name: 'nydus.zstdCost', system: 'nydus', metric: 'readyS' },
    why: 'whatever nydusd takes for a byte',
  },
  {
    ...{ name: 'dadi.attachPollNs', system: 'dadi', metric: 'runningS' },
    why: 'until the device is there: more than the start of a container without it',
  },
  {
    ...{ name: 'stargz-chunk.compressedBytes', system: 'crfs', metric: 'readyS' },
    why: 'whatever the stargz snapshotter takes for a byte',
  },
];

/** TrIO's claims are of the image on either. */
export const predicted = ['trio', 'trio-nydus'] as const;
