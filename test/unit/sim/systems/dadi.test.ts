import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, type Flow } from '../../../../sim/engine/process.ts';
import type { Node } from '../../../../sim/host/node.ts';
import { dadi, dadiTrace } from '../../../../sim/systems/dadi.ts';
import type { RootFs } from '../../../../sim/systems/rootfs.ts';
import { doReads, drawnReads, fetchedTwice } from '../../../support/drawn-reads.ts';
import { nothingRecorded, requestLines, type Started, startSystem } from '../../../support/start-system.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const piece = 256 * 1024;
/** Blocks that do not shrink, so that a page is where it is in the layer: header, inodes and names are before. */
const set = [
  ['dadi.lz4Ratio', 1],
  ['dadi.metadataRatio', 1],
] as const;
const image = syntheticImage(2, [
  { path: '/big', bytes: 10 * piece, ratio: 1 },
  { path: '/lib/small', bytes: 5000, layer: 1 },
]);
const blob = 'blobs/dadi@sha256:plain-0';
/** ZFile's header, LSMT's, a block of inodes, one of the root's names; then big. */
const bigOffset = 1024 + 3 * 4096;
/** Behind big: index, trailer, jump table of all 645 blocks, ZFile's trailer. */
const blobBytes = bigOffset + 10 * piece + 2 * 4096 + 645 * 4 + 512;
/** What is asked for together is all there before the first is answered. */
const busyRegistry = ['registry-blob-service.requests', 100e6] as const;
const nothing = function* (): Flow {};

const start = (program: (rootFs: RootFs) => Flow, recording = nothingRecorded, system = dadi): Started =>
  startSystem(system, image, program, { set: [...set, busyRegistry], recording });
const ofBlob = ({ requests }: Started) =>
  requestLines(requests.filter(({ path }) => path.endsWith(blob))).map((line) => line.split('=')[1]);
const pieces = (first: number, end: number) => `${first * piece}-${Math.min(end * piece, blobBytes) - 1}`;

describe('dadi', () => {
  const idle = start(nothing);
  const onDemand = (program: (rootFs: RootFs) => Flow) => ofBlob(start(program)).slice(ofBlob(idle).length);

  it('pulls manifest and config, and opens all layers together when the container is made', () => {
    const pulled = idle.requests.filter(({ atNs }) => atNs < idle.deployedNs);
    expect(requestLines(pulled)).toEqual([
      'HEAD manifests/plain',
      'GET manifests/sha256:plain',
      'GET blobs/sha256:config',
    ]);
    expect(ofBlob(idle)).toEqual(['0-0', '0-14479', '0-1', pieces(0, 1), pieces(10, 11)]);
    const [one, other] = [0, 1].map((layer) =>
      idle.requests.filter(({ path }) => path.endsWith(`plain-${layer}`)),
    );
    expect(other![0]!.atNs).toBeLessThan(one![0]!.endNs);
  });

  it('gets of a blob the pieces that it misses, one request for a hole', () => {
    // Page 62 ends one block before the second piece.
    expect(onDemand((rootFs) => rootFs.read(image.file('/big')!, 30, 30))).toEqual([]);
    expect(onDemand((rootFs) => rootFs.read(image.file('/big')!, 50, 20))).toEqual([pieces(1, 2)]);
    // 64 KiB of the blob at a time: a read across two pieces asks for both at once, if it lies so.
    expect(onDemand((rootFs) => rootFs.read(image.file('/big')!, 120, 15))).toEqual([pieces(1, 3)]);
  });

  it('has readers of the same piece wait for one request', () => {
    const both = (rootFs: RootFs) => all([90, 95].map((page) => rootFs.read(image.file('/big')!, page, 2)));
    expect(onDemand(both)).toEqual([pieces(1, 2)]);
  });

  it('works on 32 requests at once', () => {
    const many = syntheticImage(1, [{ path: '/big', bytes: 50 * piece, ratio: 1 }]);
    const { requests } = startSystem(
      dadi,
      many,
      (rootFs) => all(Array.from({ length: 45 }, (_, i) => rootFs.read(many.file('/big')!, 64 * (i + 2), 1))),
      { set: [...set, busyRegistry] },
    );
    const reads = requests.slice(-45);
    const firstEndNs = Math.min(...reads.map(({ endNs }) => endNs));
    expect(reads.filter(({ atNs }) => atNs < firstEndNs)).toHaveLength(32);
  });

  it("reads a directory's names and a file's inode as blocks, once", () => {
    const took = (paths: string[]) => {
      const { runningNs, readyNs } = startSystem(
        dadi,
        image,
        function* (rootFs) {
          for (const path of paths) yield* rootFs.lookup!(path);
        },
        { set: [...set, ['read-cold.reads', 1000]] },
      );
      return readyNs - runningNs;
    };
    expect(took(['/lib/small'])).toBeGreaterThanOrEqual(2000);
    expect(took(['/lib/small', '/lib/small', '/lib/none'])).toBe(took(['/lib/small']));
    expect(took(['/nowhere/none'])).toBe(0);
  });

  it('fetches no byte twice but to open a blob', () => {
    fc.assert(
      fc.property(drawnReads, (groups) => {
        const { requests } = startSystem(dadi, image, (rootFs) => doReads(rootFs, image, groups));
        const blobs = Map.groupBy(requests, ({ path }) => path).values();
        // Behind the three requests that ask for a token, the place and the size.
        const refills = [...blobs].flatMap((asked) => asked.slice(3));
        expect(refills.length).toBeGreaterThan(2);
        expect(refills.length).toBeGreaterThan(2);
        expect(fetchedTwice(refills)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('does the same each time', () => {
    const read = (rootFs: RootFs) => rootFs.read(image.file('/big')!, 0, 640);
    expect(start(read)).toEqual(start(read));
  });
});

describe('dadi-trace', () => {
  const recording = {
    runs: [
      { path: '/big', firstPage: 320, pages: 4 },
      { path: '/big', firstPage: 130, pages: 4 },
    ],
    lookups: ['/big'],
  };
  function* program(rootFs: RootFs): Flow {
    for (const { path, firstPage, pages } of recording.runs)
      yield* rootFs.read(image.file(path)!, firstPage, pages);
  }

  it('pulls the recording as a layer', () => {
    const { requests, deployedNs } = start(program, recording, dadiTrace);
    const trace = requests.find(({ path }) => path.includes('dadi-trace'))!;
    // Two reads of pages, one of names, one of inodes.
    expect(trace.bytes).toBe(4 * 24);
    expect(trace.endNs).toBeLessThan(deployedNs);
  });

  it('does the recorded reads when the device is there, together, and the program finds them done', () => {
    const replayed = start(program, recording, dadiTrace);
    const [first, second] = replayed.requests.filter(({ path }) => path.endsWith(blob)).slice(-2);
    expect([first!.range, second!.range]).toEqual([`bytes=${pieces(5, 6)}`, `bytes=${pieces(2, 3)}`]);
    expect(second!.atNs).toBeLessThan(first!.endNs);
    expect(second!.atNs).toBeLessThan(replayed.runningNs);
    const plain = start(program, recording);
    expect(ofBlob(replayed)).toEqual(ofBlob(plain));
    expect(replayed.readyNs - replayed.runningNs).toBeLessThan(plain.readyNs - plain.runningNs);
  });

  it('has so many reads under way, in the order of the recording', () => {
    const many = syntheticImage(1, [{ path: '/big', bytes: 50 * piece, ratio: 1 }]);
    const runs = Array.from({ length: 24 }, (_, i) => ({ path: '/big', firstPage: 64 * (40 - i), pages: 1 }));
    const untilReplayed = function* (_: RootFs, { host }: Node): Flow {
      yield host.sleep(10e9);
    };
    const { requests } = startSystem(dadiTrace, many, untilReplayed, {
      set: [...set, busyRegistry],
      recording: { runs, lookups: [] },
    });
    const reads = requests.slice(-24);
    const firstEndNs = Math.min(...reads.map(({ endNs }) => endNs));
    expect(reads.filter(({ atNs }) => atNs < firstEndNs)).toHaveLength(16);
    const firsts = reads.map(({ range }) => Number(/\d+/.exec(range)![0]));
    expect(firsts.slice(16)).toEqual(firsts.slice(16).toSorted((a, b) => b - a));
    expect(Math.min(...firsts.slice(0, 16))).toBeGreaterThan(firsts[16]!);
  });
});
