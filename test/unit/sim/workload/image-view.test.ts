import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FactsEntry, ImageFacts } from '../../../../trio/image/facts.ts';
import { imageView } from '../../../../sim/workload/image-view.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const blob = { tag: 'x', digest, bytes: 1, config: { digest, bytes: 1 } };

/** An image of these layers, from the lowest on; each file is one chunk. */
function image(...layers: FactsEntry[][]): ImageFacts {
  return {
    schema: 'trio.image-facts/1',
    name: 'image',
    readiness: 'exit',
    plain: { ...blob, layers: layers.map((entries) => ({ digest, bytes: 1, tarBytes: 1, entries })) },
    estargz: {
      ...blob,
      layers: layers.map((entries, i) => ({
        ...{ digest, bytes: 1, tocOffset: 0, tocBytes: 1, tocEntries: entries.length, prefetchBytes: 0 },
        files: entries.flatMap(([path, type, bytes]): [string, [number, number, number][]][] =>
          type === 'f' ? [[path, [[i, 1, bytes]]]] : [],
        ),
      })),
    },
  };
}

describe('the view of an image', () => {
  it('has the file of the highest layer', () => {
    const view = imageView(image([['/a', 'f', 5]], [['/a', 'f', 7]]));
    expect(view.file('/a')).toMatchObject({
      layer: 1,
      bytes: 7,
      chunks: [{ position: 0, bytes: 7, offset: 1 }],
    });
    expect(view.files).toBe(1);
  });

  it('lacks what a higher layer hides', () => {
    const lower: FactsEntry[] = [
      ['/a', 'f', 1],
      ['/d/b', 'f', 1],
      ['/e/c', 'f', 1],
    ];
    const upper: FactsEntry[] = [
      ['/a', 'w'],
      ['/d', 'q'],
      ['/e', 'l', 'd'],
    ];
    const view = imageView(image(lower, upper));
    expect([view.file('/a'), view.file('/d/b'), view.file('/e')]).toEqual([undefined, undefined, undefined]);
  });

  it('follows hard links', () => {
    const view = imageView(
      image([
        ['/a', 'f', 5],
        ['/b', 'h', '/a'],
      ]),
    );
    expect(view.file('/b')).toMatchObject({ path: '/b', bytes: 5, chunks: [{ offset: 0 }] });
  });

  it('asks layers for a name until one has no directory there', () => {
    const view = imageView(
      image(
        [
          ['/usr/a', 'f', 1],
          ['/usr/d', 'd'],
        ],
        [
          ['/usr/a', 'f', 1],
          ['/usr/d', 'd'],
        ],
        [['/etc/x', 'f', 1]],
      ),
    );
    // The highest layer has no /usr.
    expect(view.lookup('/usr/a')).toEqual({ found: 1, missing: 0, isFolder: false, entries: 2 });
    expect(view.lookup('/usr/d')).toEqual({ found: 2, missing: 0, isFolder: true, entries: 4 });
    expect(view.lookup('/usr/none')).toEqual({ found: 0, missing: 2, isFolder: false, entries: 0 });
    expect(view.lookup('/usr')).toEqual({ found: 2, missing: 1, isFolder: true, entries: 2 });
  });

  it('asks no layer below one that hides a folder above the name', () => {
    const view = imageView(image([['/e/f/c', 'f', 1]], [['/e', 'w']], [['/e/f', 'd']]));
    expect(view.lookup('/e/f')).toMatchObject({ found: 1, missing: 0, isFolder: true });
  });

  it('agrees with a naive overlay on which file is seen', () => {
    const name = fc.constantFrom('/a', '/d', '/d/a', '/d/b');
    const entry: fc.Arbitrary<FactsEntry> = fc.oneof(
      name.map((path): FactsEntry => [path, 'f', 1]),
      name.map((path): FactsEntry => [path, 'w']),
      fc.constant<FactsEntry>(['/d', 'q']),
    );
    // A layer that has something in a folder has no file in the folder's place.
    const layer = fc
      .uniqueArray(entry, { selector: ([path, type]) => `${path}${type === 'q' ? ' q' : ''}`, maxLength: 4 })
      .filter((entries) => {
        const has = (path: string) => entries.some(([other]) => other.startsWith(path));
        return !entries.some(([path, type]) => path === '/d' && type !== 'q') || !has('/d/');
      })
      .filter(
        (entries) =>
          !(
            entries.some(([p, t]) => p === '/d' && t === 'q') &&
            entries.some(([p, t]) => p === '/d' && t !== 'q')
          ),
      );
    fc.assert(
      fc.property(
        fc.array(layer, { maxLength: 4 }),
        fc.constantFrom('/a', '/d', '/d/a', '/d/b'),
        (layers, path) => {
          expect(imageView(image(...layers)).file(path)?.layer).toBe(naive(layers, path));
        },
      ),
    );
  });
});

/** Grows the merged tree layer by layer, as one would by hand. */
function naive(layers: readonly FactsEntry[][], path: string): number | undefined {
  const tree = new Map<string, number>();
  const drop = (folder: string) => {
    for (const known of [...tree.keys()]) if (known.startsWith(`${folder}/`)) tree.delete(known);
  };
  for (const [number, entries] of layers.entries()) {
    for (const [at, type] of entries) {
      if (type === 'w') tree.delete(at);
      if (type === 'w' || type === 'q') drop(at);
    }
    for (const [at, type] of entries) {
      if (type !== 'f') continue;
      // A file in a folder's place takes the folder away, a folder in a file's place the file.
      drop(at);
      if (at.startsWith('/d/')) tree.delete('/d');
      tree.set(at, number);
    }
  }
  return tree.get(path);
}
