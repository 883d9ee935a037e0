import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, type Flow } from '../../../../sim/engine/process.ts';
import { nydus, nydusErofs } from '../../../../sim/systems/nydus.ts';
import type { RootFs } from '../../../../sim/systems/rootfs.ts';
import { trioNydus } from '../../../../sim/systems/trio.ts';
import { doReads, drawnReads, fetchedTwice } from '../../../support/drawn-reads.ts';
import { readFiles, requestLines, startSystem } from '../../../support/start-system.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const mebibyte = 2 ** 20;
/** zstd as large as gzip, so that the offsets below can be seen. */
const set = [['nydus.zstdRatio', 1]] as const;
const image = syntheticImage(2, [
  { path: '/a', bytes: 100_000 },
  { path: '/big', bytes: 3.5 * mebibyte },
  { path: '/b', bytes: 8000, ratio: 2 },
  { path: '/top', bytes: 30_000, layer: 1 },
]);
/** Compressed: a at 0 has 50 000, big four chunks from there on, b as much as it has plain. */
const half = mebibyte / 2;
const bigEnd = 50_000 + 3.5 * half;
const nothing = function* (): Flow {};

describe.each([nydus, nydusErofs])('$id', (system) => {
  const start = (program: (rootFs: RootFs) => Flow, more: (readonly [string, number])[] = []) =>
    startSystem(system, image, program, { set: [...set, ...more] });
  const idle = start(nothing);
  const onDemand = (program: (rootFs: RootFs) => Flow, more?: (readonly [string, number])[]) =>
    start(program, more).requests.slice(idle.requests.length);

  it('pulls the names as a layer, and reads the tables of the blobs when it is mounted', () => {
    expect(requestLines(idle.requests)).toEqual([
      'HEAD manifests/plain',
      'GET manifests/sha256:plain',
      'GET blobs/sha256:config',
      'GET blobs/nydus-bootstrap@sha256:plain',
      `GET blobs/nydus@sha256:plain-0 bytes=${bigEnd + 8000}-${bigEnd + 8000 + 6 * 16 - 1}`,
      'GET blobs/nydus@sha256:plain-1 bytes=15000-15015',
    ]);
    expect(idle.requests[3]!.bytes).toBe(Math.ceil(4 * 256 * 0.3));
    expect(idle.requests[3]!.endNs).toBeLessThan(idle.deployedNs);
    expect(idle.requests[4]!.atNs).toBeGreaterThan(idle.deployedNs + 50e6);
  });

  it('looks only now and then whether the daemon runs', () => {
    const took = ({ deployedNs, runningNs }: typeof idle) => runningNs - deployedNs;
    expect(took(idle)).toBe(150e6 + 1);
    expect(took(start(nothing, [['nydus.daemonStartNs', 120e6]]))).toBe(250e6 + 1);
    // It has only been forked when it is looked at first.
    expect(took(start(nothing, [['nydus.daemonStartNs', 0]]))).toBe(150e6 + 1);
  });

  it('gets with a missing chunk those behind it, up to a batch, and none before it', () => {
    const read = (rootFs: RootFs) => rootFs.read(image.file('/a')!, 3, 1);
    // 50 000 and one half of a MiB; another half would be too much.
    expect(requestLines(onDemand(read))).toEqual([
      `GET blobs/nydus@sha256:plain-0 bytes=0-${50_000 + half - 1}`,
    ]);
    const last = (rootFs: RootFs) => rootFs.read(image.file('/b')!, 0, 1);
    expect(requestLines(onDemand(last))).toEqual([
      `GET blobs/nydus@sha256:plain-0 bytes=${bigEnd}-${bigEnd + 8000 - 1}`,
    ]);
  });

  it('joins adjacent chunks until they are a batch, and leaves out what it has', () => {
    function* read(rootFs: RootFs): Flow {
      yield* rootFs.read(image.file('/a')!, 0, 1);
      // All of the file: its first chunk is there, the other three are a batch and what is left.
      yield* rootFs.read(image.file('/big')!, 0, 896);
    }
    expect(requestLines(onDemand(read, [['nydus.batchBytes', 600_000]])).slice(1)).toEqual([
      `GET blobs/nydus@sha256:plain-0 bytes=${50_000 + half}-${50_000 + 3 * half - 1}`,
      `GET blobs/nydus@sha256:plain-0 bytes=${50_000 + 3 * half}-${bigEnd - 1}`,
    ]);
  });

  it('reads with four threads', () => {
    const many = syntheticImage(
      1,
      Array.from({ length: 6 }, (_, i) => ({ path: `/f${i}`, bytes: 2 * mebibyte, ratio: 1 })),
    );
    const program = (rootFs: RootFs) => all([...many.regularFiles()].map((file) => rootFs.read(file, 0, 32)));
    const { requests } = startSystem(system, many, program, { set });
    const reads = requests.slice(-6);
    const firstEndNs = Math.min(...reads.map(({ endNs }) => endNs));
    expect(reads.filter(({ atNs }) => atNs < firstEndNs)).toHaveLength(4);
  });

  it('fetches no byte twice, with and without prefetch', () => {
    fc.assert(
      fc.property(drawnReads, fc.constantFrom(0, 1), (groups, prefetch) => {
        const { requests } = startSystem(system, image, (rootFs) => doReads(rootFs, image, groups), {
          set: [['nydus.prefetch', prefetch]],
        });
        expect(fetchedTwice(requests.filter(({ path }) => path.includes('/nydus@')))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('prefetches all blobs, if it is to', () => {
    const { requests } = start(
      function* (rootFs) {
        yield* readFiles(rootFs, image, ['/a', '/big', '/b', '/top']);
      },
      [['nydus.prefetch', 1]],
    );
    const bytes = requests
      .filter(({ path }) => path.includes('/nydus@'))
      .reduce((sum, { bytes: n }) => sum + n, 0);
    expect(bytes).toBe(bigEnd + 8000 + 15_000 + 7 * 16);
  });

  it('does the same each time', () => {
    const read = (rootFs: RootFs) => readFiles(rootFs, image, ['/top', '/big', '/a']);
    expect(start(read)).toEqual(start(read));
  });
});

describe('pages that nydusd has', () => {
  const read = (rootFs: RootFs) => rootFs.read(image.file('/a')!, 0, 8);
  const took = (system: typeof nydus, name: string) => {
    const start = (ns: number) =>
      startSystem(
        system,
        image,
        function* (rootFs) {
          yield* read(rootFs);
          yield* read(rootFs);
        },
        { set: [...set, [name, ns]] },
      ).busyNs;
    return start(1001) - start(1);
  };

  it('are a round trip each time with FUSE, and none with EROFS', () => {
    expect(took(nydus, 'fuse-read.reads')).toBeCloseTo(2 * 1000 * 0.5);
    expect(took(nydusErofs, 'fuse-read.reads')).toBeCloseTo(1000 * 0.5);
    expect(took(nydusErofs, 'read-cold.pages')).toBeCloseTo(2 * 8 * 1000);
  });
});

describe('trio-nydus', () => {
  const recording = { runs: [{ path: '/big', firstPage: 0, pages: 600 }], lookups: ['/big'] };
  const program = (rootFs: RootFs) => rootFs.read(image.file('/big')!, 100, 400);
  // Slow enough that a request and a connection take less time than an answer.
  const slow = [...set, ['registry-blob-service.requests', 5e6]] as const;
  const { requests, runningNs } = startSystem(trioNydus, image, program, { recording, set: slow });

  it('needs of the blobs their tables only', () => {
    expect(requests.filter(({ atNs }) => atNs >= runningNs)).toEqual([]);
    expect(requestLines(requests)).toHaveLength(8);
  });

  it('gets the runtime image while the bootstrap is pulled', () => {
    const find = (part: string) => requests.find(({ path }) => path.includes(part))!;
    expect(find('trio_meta').atNs).toBeLessThan(find('nydus-bootstrap').endNs);
    expect(find('trio_data').bytes).toBe(600 * 4096);
  });
});
