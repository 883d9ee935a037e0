import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../../sim/engine/process.ts';
import { crfs } from '../../../../sim/systems/crfs.ts';
import type { RootFs } from '../../../../sim/systems/rootfs.ts';
import { trio } from '../../../../sim/systems/trio.ts';
import { readFiles, requestLines, startSystem } from '../../../support/start-system.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const image = syntheticImage(2, [
  { path: '/bin/server', bytes: 400_000 },
  { path: '/lib/libc.so', bytes: 2_000_000 },
  { path: '/etc/server.conf', bytes: 5000, layer: 1 },
  { path: '/bin/other', bytes: 5000 },
]);
const recording = {
  runs: [
    { path: '/bin/server', firstPage: 0, pages: 40 },
    { path: '/lib/libc.so', firstPage: 254, pages: 3 },
    { path: '/bin/server', firstPage: 30, pages: 20 },
    { path: '/etc/server.conf', firstPage: 0, pages: 2 },
  ],
  lookups: ['/bin', '/bin/server', '/lib', '/lib/libc.so', '/etc', '/etc/server.conf', '/etc/none'],
};
const names = 'bin server lib libc.so etc server.conf none'.replaceAll(' ', '');
// libc's three pages lie on both sides of a multiple of 256: two extents.
const metaBytes = 208 + 2 * 64 + 4 * 16 + 7 * (64 + 12) + names.length;
const dataBytes = (50 + 3 + 2) * 4096;

function* readRecorded(rootFs: RootFs): Flow {
  for (const { path, firstPage, pages } of recording.runs)
    yield* rootFs.read(image.file(path)!, firstPage, pages);
}

describe('trio', () => {
  const started = startSystem(trio, image, readRecorded, { recording });
  const own = started.requests.filter(({ path }) => path.includes('trio_'));
  const lower = started.requests.filter(({ path }) => !path.includes('trio_'));

  it('gets metadata and data, each with one request and one after the other', () => {
    expect(requestLines(own)).toEqual([
      'GET blobs/trio_meta@sha256:plain',
      'GET blobs/trio_data@sha256:plain',
    ]);
    expect(own.map(({ bytes }) => bytes)).toEqual([metaBytes, dataBytes]);
    expect(own[1]!.atNs).toBeGreaterThan(own[0]!.endNs);
  });

  it('begins with the first Prepare, beside the pull of the lower system', () => {
    const config = lower.find(({ path }) => path.endsWith('sha256:config'))!;
    const toc = lower.filter(({ range }) => range !== '');
    expect(own[0]!.atNs).toBeGreaterThan(config.endNs);
    expect(own[0]!.atNs).toBeLessThan(Math.max(...toc.map(({ endNs }) => endNs)));
  });

  it('asks of the lower system for its pull only', () => {
    const pulled = startSystem(crfs, image, function* () {});
    expect(requestLines(lower).toSorted()).toEqual(requestLines(pulled.requests).toSorted());
  });

  it('holds the start until all of it is there', () => {
    const slow = startSystem(trio, image, readRecorded, { recording, set: [['sha256.bytes', 10_000]] });
    expect(slow.runningNs).toBeGreaterThan(slow.deployedNs + 1e9);
    expect(slow.readyNs - slow.runningNs).toBe(started.readyNs - started.runningNs);
  });

  it('reads from the lower system what was not recorded, and opens the file for it once', () => {
    const set = [['fuse-lookup.lookups', 1e6]] as const;
    function* readMore(rootFs: RootFs): Flow {
      yield* rootFs.read(image.file('/bin/server')!, 48, 4);
      yield* rootFs.read(image.file('/bin/server')!, 60, 1);
    }
    const { requests, runningNs, readyNs } = startSystem(trio, image, readMore, { recording, set });
    const more = requests.filter(({ atNs }) => atNs >= runningNs);
    expect(requestLines(more)).toEqual(['GET blobs/sha256:stargz-0 bytes=0-199999']);
    expect(readyNs - runningNs).toBeGreaterThan(1e6);
    expect(readyNs - runningNs).toBeLessThan(2e6 + more[0]!.endNs - more[0]!.atNs + 4e6);
  });

  it('answers recorded lookups, of what is not there too, and leaves others to the lower system', () => {
    let mounted: RootFs | undefined;
    function* program(rootFs: RootFs): Flow {
      mounted = rootFs;
      yield* rootFs.lookup!('/etc/other');
    }
    const costs: [string, number][] = [
      ['fuse-lookup.lookups', 77],
      ['overlay-open.opens', 55],
    ];
    startSystem(trio, image, program, { recording, set: costs });
    // Beside the layer's, an overlay's own cost and that of the folder's only entry.
    expect(['/etc/none', '/etc/other'].map((path) => mounted!.lookupNs(path))).toEqual([3000, 77 + 1 + 1]);
    const files = ['/bin/server', '/bin/other'].map((path) => image.file(path)!);
    expect(files.map((file) => mounted!.openNs(file))).toEqual([0, 55]);
    expect(files.map((file) => mounted!.readAheadPages(file))).toEqual([0, 32]);
  });

  it('asks the lower system for no recorded page, whatever was recorded', () => {
    const runs = fc.array(
      fc.record({
        path: fc.constantFrom('/bin/server', '/lib/libc.so'),
        firstPage: fc.nat(90),
        pages: fc.integer({ min: 1, max: 8 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(runs, (drawn) => {
        function* read(rootFs: RootFs): Flow {
          for (const { path, firstPage, pages } of drawn)
            yield* rootFs.read(image.file(path)!, firstPage, pages);
        }
        const { requests, runningNs } = startSystem(trio, image, read, {
          recording: { runs: drawn, lookups: [] },
        });
        expect(requests.filter(({ atNs }) => atNs >= runningNs)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('does the same each time', () => {
    const all = (rootFs: RootFs) => readFiles(rootFs, image, ['/bin/server', '/lib/libc.so']);
    const start = () => startSystem(trio, image, all, { recording });
    expect(start()).toEqual(start());
  });
});
