import type { Parameter, SeriesSample } from './calibration.ts';
import { fitCosts } from './fit.ts';

/** What was measured under each series' name. */
const series: Readonly<Record<string, string>> = {
  sha256: "Go's crypto/sha256 over zeros in memory",
  gunzip:
    "Go's compress/gzip behind a buffer of 32 KiB, as containerd has it, from memory to nowhere; the file that is unpacked is made of drawn bytes and of drawn words",
  'fault-anonymous': 'first write to a page of a private anonymous mapping, no huge pages; mmap included',
  'content-commit':
    'a file written 1 MiB at a time, flushed, closed and renamed on ext4 on persistent memory, as the content store does it; no hash',
  'read-cached': 'pread of cached pages of a file on ext4, apart from each other, under POSIX_FADV_RANDOM',
  'read-cold':
    'the same after dropping the caches: each read is one request to the file system; includes what read-cached costs',
  'fault-mapped':
    "touch of a file's cached page in a read-only mapping on ext4; a fault maps as many pages as fault-around has",
  'registry-request':
    "one range of a blob over a connection that is kept, by Go's HTTP client: client, both network stacks and registry together, link without delay",
  'registry-connection': 'ranges of 4 KiB; what closing the connection and making another adds to a request',
  fetch:
    "ctr content fetch of a synthetic image, warm, link without delay: download, hash, content store, to containerd's image event; ctr then waits for the next tick of its progress display (10/s), which is left out here",
  'registry-service':
    "the same request in the registry alone, by its own log: from the handler's start to its end",
  unpack:
    'ctr snapshot unpack of a fetched image onto overlayfs, warm: gunzip, hash, files of a layer; ctr itself in `operation`',
  'fetch-cold': 'the fetch of ctr image pull after dropping the caches, to the same event',
  'run-warm': 'ctr run to the task-start event, of a program that does nothing, overlayfs, everything cached',
  'run-cold': 'the same after dropping the caches: the programs of containerd and runc are read from ext4',
  'lazy-pull':
    'ctr-remote image rpull with the stargz snapshotter: manifest, config, and table of contents and mount of each layer',
  'fuse-lookup':
    'stat of a file that the kernel has not looked up, in an eStargz layer; 1 KiB files of one folder',
  'stargz-chunk':
    "first read of a file of one chunk in an eStargz layer: its bytes fetched from the registry, gunzipped, verified and kept in the snapshotter's cache",
  'fuse-read':
    'pread of pages under POSIX_FADV_RANDOM in an eStargz layer whose chunks the snapshotter has on its disk, page caches dropped: one FUSE request each',
};

/** The name of one of a quantity. */
const units: Readonly<Record<string, string>> = {
  operations: 'operation',
  bytes: 'byte',
  compressedBytes: 'compressed byte',
  layers: 'layer',
  files: 'file',
  faults: 'fault',
  mappings: 'mapping',
  pages: 'page',
  reads: 'read',
  requests: 'request',
  connections: 'connection',
  starts: 'start',
  lookups: 'lookup',
  entries: 'file in the folder of a lookup',
  chunks: 'chunk',
};

/**
 * The costs of all series, each fitted by itself.
 *
 * @throws Error for a series or quantity that is not described here, or one that cannot be fitted
 */
export function parametersOf(samples: readonly SeriesSample[]): Parameter[] {
  return [...new Set(samples.map(({ series: name }) => name))].flatMap((name) => {
    const what = series[name];
    if (!what) throw new Error(`nothing is known of the series ${name}`);
    const own = samples.filter((sample) => sample.series === name);
    const fitted = own.filter(({ check }) => !check).length;
    const { costs, checkError } = fitCosts(own);
    const how = `${what}; fitted to ${fitted} samples, checked with ${own.length - fitted}`;
    return Object.entries(costs).map(([quantity, value]) => {
      const one = units[quantity];
      if (!one) throw new Error(`nothing is known of the quantity ${quantity}`);
      return { name: `${name}.${quantity}`, value, unit: `ns/${one}`, how, checkError };
    });
  });
}
