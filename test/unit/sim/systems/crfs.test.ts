import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../../sim/engine/process.ts';
import type { Node } from '../../../../sim/host/node.ts';
import { crfs, crfsLazy } from '../../../../sim/systems/crfs.ts';
import type { RootFs } from '../../../../sim/systems/rootfs.ts';
import { requestLines, startSystem } from '../../../support/start-system.ts';
import { syntheticImage } from '../../../support/synthetic-image.ts';

const files = Array.from({ length: 6 }, (_, i) => ({ path: `/f${i}`, bytes: 100_000, ratio: 1 }));
const image = syntheticImage(1, files);

describe("CRFS' background fetch", () => {
  const after = (seconds: number) =>
    function* (_: RootFs, { host }: Node): Flow {
      yield host.sleep(seconds * 1e9);
    };

  it('waits for five seconds of silence, then gets all of the image, two chunks at once', () => {
    const before = startSystem(crfs, image, after(4.5));
    // A request takes longer than the next connection.
    const slow = { set: [['registry-blob-service.requests', 5e6]] as const };
    const { requests, deployedNs } = startSystem(crfs, image, after(10), slow);
    const more = requests.slice(before.requests.length);
    expect(requestLines(before.requests)).toEqual(
      requestLines(startSystem(crfsLazy, image, after(10)).requests),
    );
    expect(requestLines(more)).toEqual([
      'GET blobs/sha256:stargz-0 bytes=0-99999',
      'GET blobs/sha256:stargz-0 bytes=100000-199999',
      'GET blobs/sha256:stargz-0 bytes=200000-299999',
      'GET blobs/sha256:stargz-0 bytes=300000-399999',
      'GET blobs/sha256:stargz-0 bytes=400000-499999',
      'GET blobs/sha256:stargz-0 bytes=500000-599999',
    ]);
    expect(more[0]!.atNs).toBeGreaterThanOrEqual(deployedNs + 5e9);
    expect(more[1]!.atNs).toBeLessThan(more[0]!.endNs);
    expect(more[2]!.atNs).toBeGreaterThan(more[0]!.endNs);
  });

  it('is put off by every read', () => {
    const { requests, readyNs } = startSystem(crfs, image, function* (rootFs, { host }) {
      for (let i = 0; i < 5; i++) {
        yield* rootFs.read(image.file('/f3')!, i, 1);
        yield host.sleep(4e9);
      }
    });
    expect(readyNs).toBeGreaterThan(20e9);
    expect(requestLines(requests).slice(-1)).toEqual(['GET blobs/sha256:stargz-0 bytes=300000-399999']);
  });
});
