import { describe, expect, it } from 'vitest';
import { pathFilter, type PathConditions } from '../../../trio/trace/path-filter.ts';

const paths = ['/a', '/usr/bin/sh', '/usr/bin/.hidden', '/usr/binary', '/tmp/x/y', '/a,b'];
const taken = (conditions: Partial<PathConditions>) =>
  paths.filter(pathFilter({ globs: [], under: [], exclude: [], ...conditions }));

describe('a filter of paths', () => {
  it('takes all without a condition', () => {
    expect(taken({})).toEqual(paths);
  });

  it.each([
    [{ globs: ['/usr/bin/*'] }, ['/usr/bin/sh', '/usr/bin/.hidden']],
    [{ globs: ['/usr/**'] }, ['/usr/bin/sh', '/usr/bin/.hidden', '/usr/binary']],
    [{ globs: ['**/y', '/a'] }, ['/a', '/tmp/x/y']],
    [{ globs: ['/*'] }, ['/a', '/a,b']],
    [{ under: ['/usr/bin'] }, ['/usr/bin/sh', '/usr/bin/.hidden']],
    [{ under: ['/usr/bin/', '/a'] }, ['/a', '/usr/bin/sh', '/usr/bin/.hidden']],
    [{ under: ['/'] }, paths],
    [{ exclude: ['/{usr,tmp}/**'] }, ['/a', '/a,b']],
    [{ globs: ['/usr/**'], under: ['/usr/bin'], exclude: ['**/.*'] }, ['/usr/bin/sh']],
  ])('takes what meets all of %j', (conditions, expected) => {
    expect(taken(conditions)).toEqual(expected);
  });

  it.each([[{ globs: ['usr/*'] }], [{ under: ['usr'] }], [{ exclude: ['!/usr'] }], [{ under: [''] }]])(
    'refuses what no path could match: %j',
    (conditions) => {
      expect(() => taken(conditions)).toThrow(/matches no path: they begin with "\/"/);
    },
  );
});
