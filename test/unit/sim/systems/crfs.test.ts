import { describe, expect, it } from 'vitest';
import { all, type Flow } from '../../../../sim/engine/process.ts';
import type { Node } from '../../../../sim/host/node.ts';
import { crfs, crfsLazy } from '../../../../sim/systems/crfs.ts';
import type { RootFs } from '../../../../sim/systems/rootfs.ts';
import { requestLines, startSystem } from '../../../support/start-system.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const layers = 3;
const files = Array.from({ length: 9 }, (_, i) => ({
  ...{ path: `/f${i}`, bytes: 100_000, ratio: 1 },
  layer: i % layers,
}));
const image = syntheticImage(layers, files);

describe('two reads of one chunk', () => {
  const one = syntheticImage(1, [{ path: '/f', bytes: 1_900_000, ratio: 1 }]);
  const chunk = 'GET blobs/sha256:stargz-0 bytes=0-1899999';
  const byteNs = 10;

  /** The second comes so much later; a byte of a chunk costs `byteNs`. */
  const twoReads = (laterNs: number, bytesNs = byteNs) => {
    const second = function* (rootFs: RootFs, { host }: Node): Flow {
      yield host.sleep(laterNs);
      yield* rootFs.read(one.file('/f')!, 100, 1);
    };
    const { requests, busyNs } = startSystem(
      crfsLazy,
      one,
      function* (rootFs, node) {
        yield* all([rootFs.read(one.file('/f')!, 0, 1), second(rootFs, node)]);
      },
      { set: [['stargz-chunk.bytes', bytesNs]] },
    );
    return { lines: requestLines(requests).filter((line) => line.includes('stargz-0 bytes=')), busyNs };
  };
  const times = (laterNs: number) =>
    Math.round((twoReads(laterNs).busyNs - twoReads(laterNs, 0).busyNs) / (1_900_000 * byteNs));

  it('that miss the same share a request, but each unpacks the chunk', () => {
    expect(twoReads(0).lines.filter((line) => line === chunk)).toHaveLength(1);
    expect(times(0)).toBe(2);
  });

  it('fetch twice what has not come when the second begins', () => {
    const [first, second, ...more] = twoReads(10e6).lines.slice(-2);
    expect(first).toBe(chunk);
    expect(second).toMatch(/ bytes=[1-9]\d*0000-1899999$/);
    expect(more).toEqual([]);
  });

  it('are one if the first is done', () => {
    const { lines } = twoReads(1e9);
    expect(lines.at(-1)).toBe(chunk);
    expect(times(1e9)).toBe(1);
  });
});

describe('the pieces of an answer', () => {
  const one = syntheticImage(1, [{ path: '/f', bytes: 1_900_000, ratio: 1 }]);
  const pieces = 1_900_000 / 50_000;
  /** How much longer a read takes for what it takes to file each piece. */
  const longerNs = (pieceNs: number) => {
    const [slow = 0, quick = 0] = [pieceNs, 0].map((ns) => {
      const read = (rootFs: RootFs) => rootFs.read(one.file('/f')!, 0, 1);
      const start = startSystem(crfsLazy, one, read, { set: [['stargz-piece.pieces', ns]] });
      return start.readyNs - start.runningNs;
    });
    return slow - quick;
  };

  // The line brings one in 0.4 ms.
  it('are filed while the next ones come', () => {
    expect(longerNs(0.3e6)).toBeLessThan((pieces * 0.3e6) / 5);
    expect(longerNs(0.3e6)).toBeGreaterThan(0);
  });

  it('come no faster than they are filed', () => {
    expect(longerNs(4e6)).toBeGreaterThan((pieces - 2) * (4e6 - 0.42e6));
    expect(longerNs(4e6)).toBeLessThan(pieces * 4e6);
  });
});

describe("CRFS' background fetch", () => {
  const after = (seconds: number) =>
    function* (_: RootFs, { host }: Node): Flow {
      yield host.sleep(seconds * 1e9);
    };

  it('waits for five seconds of silence, then gets all of the image, with two requests at once', () => {
    const before = startSystem(crfs, image, after(4.5));
    // A request takes longer than the next connection.
    const slow = { set: [['registry-blob-service.requests', 5e6]] as const };
    const { requests, deployedNs } = startSystem(crfs, image, after(10), slow);
    const more = requests.slice(before.requests.length);
    expect(requestLines(before.requests).toSorted()).toEqual(
      requestLines(startSystem(crfsLazy, image, after(10)).requests).toSorted(),
    );
    const blob = (layer: number) => `GET blobs/sha256:stargz-${layer}`;
    const all = Array.from({ length: layers }, (_, layer) =>
      ['0-99999', '100000-199999', '200000-299999'].map((range) => `${blob(layer)} bytes=${range}`),
    ).flat();
    expect(requestLines(more).toSorted()).toEqual(all);
    // Two layers at a time, though three want to be read.
    expect(requestLines(more.slice(0, 3)).map((line) => line.slice(0, blob(0).length))).toEqual(
      [0, 1, 2].map(blob),
    );
    expect(more[0]!.atNs).toBeGreaterThanOrEqual(deployedNs + 5e9);
    expect(more[1]!.atNs).toBeLessThan(more[0]!.endNs);
    expect(more[2]!.atNs).toBeGreaterThan(more[0]!.endNs);
  });

  const readEvery4Seconds = (paths: readonly string[]) =>
    startSystem(crfs, image, function* (rootFs, { host }) {
      for (const path of paths) {
        yield* rootFs.read(image.file(path)!, 0, 1);
        yield host.sleep(4e9);
      }
    });

  it('is put off by every read of a blob', () => {
    const { requests, readyNs } = readEvery4Seconds(['/f0', '/f3', '/f6', '/f1', '/f4']);
    expect(readyNs).toBeGreaterThan(20e9);
    expect(requestLines(requests).slice(-5)).toEqual([
      'GET blobs/sha256:stargz-0 bytes=0-99999',
      'GET blobs/sha256:stargz-0 bytes=100000-199999',
      'GET blobs/sha256:stargz-0 bytes=200000-299999',
      'GET blobs/sha256:stargz-1 bytes=0-99999',
      'GET blobs/sha256:stargz-1 bytes=100000-199999',
    ]);
  });

  it('is not put off by reads of what is decompressed', () => {
    const { requests } = readEvery4Seconds(['/f3', '/f3', '/f3']);
    const first = requestLines(requests).indexOf('GET blobs/sha256:stargz-0 bytes=100000-199999');
    expect(requests.length - first).toBe(9);
  });

  it('draws its order by itself: losses on the line draw from another stream', () => {
    const many = syntheticImage(
      1,
      Array.from({ length: 40 }, (_, i) => ({ path: `/f${i}`, bytes: 100_000, ratio: 1 })),
    );
    const order = (settings: { lossRatio?: number; seed?: string }) => {
      const { requests } = startSystem(crfs, many, after(60), settings);
      return requestLines(requests).filter((line) => line.includes('00000-'));
    };
    const [lossy, plain, other] = [{ lossRatio: 0.05 }, {}, { seed: 'other' }].map(order);
    expect(lossy).toEqual(plain);
    expect(other).not.toEqual(plain);
    expect(other!.toSorted()).toEqual(plain!.toSorted());
  });
});
