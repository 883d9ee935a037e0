import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerDifference } from '../../../vm/images/layer-difference.ts';
import { anyTree, canonical, dir, entry, layerOf, link, mount, tree } from './tree-model.ts';

const difference = (base: ReturnType<typeof tree>, full: ReturnType<typeof tree>) => {
  const { written, whiteouts } = layerDifference(base, full);
  return { written: [...written].sort(), whiteouts };
};

describe('layerDifference', () => {
  it('is empty for equal trees', () => {
    const same = () => tree(dir('etc'), entry('etc/hosts'), link('etc/other', 'etc/hosts'));
    expect(difference(same(), same())).toEqual({ written: [], whiteouts: [] });
  });

  it('writes new and changed files with all their folders', () => {
    const base = tree(dir('a'), dir('a/b'), entry('a/b/old'), entry('top'));
    const full = tree(
      dir('a'),
      dir('a/b'),
      entry('a/b/new'),
      entry('a/b/old', { sha256: 'other' }),
      entry('top'),
    );
    expect(difference(base, full)).toEqual({ written: ['a', 'a/b', 'a/b/new', 'a/b/old'], whiteouts: [] });
  });

  it.each<[string, Partial<ReturnType<typeof entry>>]>([
    ['mode', { mode: 0o600 }],
    ['owner', { uid: 33 }],
    ['group', { gid: 33 }],
    ['time', { mtimeS: 2 }],
    ['extended attribute', { xattrs: { 'security.capability': 'x' } }],
    ['type', { type: 'symlink', target: 'x' }],
  ])('sees a changed %s', (_what, change) => {
    expect(difference(tree(entry('f')), tree(entry('f', change)))).toEqual({ written: ['f'], whiteouts: [] });
  });

  it('writes a folder whose attributes changed, and not what is in it', () => {
    const base = tree(dir('d'), entry('d/f'));
    const full = tree(dir('d', { mode: 0o700 }), entry('d/f'));
    expect(difference(base, full).written).toEqual(['d']);
  });

  it('whites out what is gone, once for a whole folder', () => {
    const base = tree(dir('a'), dir('a/gone'), entry('a/gone/x'), entry('a/kept'), entry('b'));
    const full = tree(dir('a'), entry('a/kept'));
    expect(difference(base, full)).toEqual({ written: ['a'], whiteouts: ['.wh.b', 'a/.wh.gone'] });
  });

  it('needs no whiteouts below a folder that became something else', () => {
    const base = tree(dir('lib'), entry('lib/x'));
    const full = tree(entry('lib', { type: 'symlink', target: 'usr/lib' }));
    expect(difference(base, full)).toEqual({ written: ['lib'], whiteouts: [] });
  });

  it('writes a whole group of hard links when one name joins, leaves or changes', () => {
    const pair = tree(entry('a'), link('b', 'a'));
    expect(difference(pair, tree(entry('a'), link('b', 'a'), link('c', 'a'))).written).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(difference(pair, tree(entry('a')))).toEqual({ written: ['a'], whiteouts: ['.wh.b'] });
    expect(difference(pair, tree(entry('a'), entry('b'))).written).toEqual(['a', 'b']);
    expect(difference(pair, tree(entry('a', { sha256: 'new' }), link('b', 'a'))).written).toEqual(['a', 'b']);
  });

  it('makes the full tree when mounted on the base', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (base, full) => {
        const layer = layerDifference(base, full);
        const lower = mount(new Map(), base.values(), []);
        const upper = mount(lower, layerOf(full, layer), layer.whiteouts);
        expect(canonical(upper)).toEqual(canonical(mount(new Map(), full.values(), [])));
      }),
      { numRuns: 2000 },
    );
  });
});
