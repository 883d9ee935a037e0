import { describe, expect, it } from 'vitest';
import { layerFolder } from '../../../../sim/workload/layer-folder.ts';

const chunks = [{ position: 0, bytes: 10, offset: 500, compressedBytes: 5 }];
const data = new Map([['/etc/passwd', chunks]]);
const landmark = { chunks: [] };

describe("a layer's folders", () => {
  it('have their entries in the order of the table of contents, behind the landmark', () => {
    const root = layerFolder(
      [
        ['/', 'd'],
        ['/bin', 'l', 'usr/bin'],
        ['/etc', 'd'],
        ['/etc/passwd', 'f', 10],
        ['/etc/empty', 'f', 0],
        ['/etc/passwd-', 'h', '/etc/passwd'],
        ['/etc/shadow', 'w'],
        ['/tmp', 'd'],
      ],
      data,
    );
    const etc = { entries: [{ chunks }, landmark, { chunks }, landmark] };
    expect(root).toEqual({ entries: [landmark, landmark, etc, { entries: [] }] });
  });

  it('are there when something in them is, and hold the marker that makes them opaque', () => {
    const root = layerFolder(
      [
        ['/var/lib/dpkg/status', 'f', 3],
        ['/var/lib', 'q'],
        ['/var', 'd'],
      ],
      new Map([['/var/lib/dpkg/status', chunks]]),
    );
    const lib = { entries: [{ entries: [{ chunks }] }, landmark] };
    expect(root).toEqual({ entries: [landmark, { entries: [lib] }] });
  });
});
