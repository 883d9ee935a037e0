import { describe, expect, it } from 'vitest';
import {
  departures,
  lockedPackages,
  lockOf,
  lockPreferences,
  lockSha256,
} from '../../../vm/tools/locked-packages.ts';
import { parseInstalls } from '../../../vm/tools/resolve-packages.ts';

describe.each(['bookworm', 'trixie'] as const)('the locked packages of %s', (suite) => {
  const packages = lockedPackages(suite);

  it('are sorted, each there once, with a version', () => {
    const names = packages.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    for (const { name, version } of packages) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
      expect(version).toMatch(/^(\d+:)?\d[A-Za-z0-9.+~-]*$/);
    }
  });

  it('are chosen by apt, one paragraph each, even when newer ones are there', () => {
    const paragraphs = lockPreferences(suite).split('\n\n');
    expect(paragraphs.length).toBe(packages.length);
    const [{ name, version }] = packages as [(typeof packages)[0]];
    expect(paragraphs[0]).toBe(`Package: ${name}\nPin: version ${version}\nPin-Priority: 1001`);
  });

  it('include the kernel and what starts containers', () => {
    expect(packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['linux-image-amd64', 'containerd', 'runc', 'stargz-snapshotter']),
    );
  });
});

it('two releases have two locks', () => {
  expect(lockSha256('bookworm')).not.toBe(lockSha256('trixie'));
});

describe('a lock', () => {
  it('is made of what apt would install', () => {
    const output = [
      'I: running apt-get update...',
      'Inst libc6 (2.41-12+deb13u5 Debian:13.8/stable [amd64]) []',
      'Inst gcc-14-base:amd64 [14.1] (14.2.0-19 Debian:13.8/stable [amd64])',
      'Conf libc6 (2.41-12+deb13u5 Debian:13.8/stable [amd64])',
    ];
    const packages = parseInstalls(output.join('\n'));
    expect(packages).toEqual([
      { name: 'libc6', version: '2.41-12+deb13u5' },
      { name: 'gcc-14-base', version: '14.2.0-19' },
    ]);
    expect(lockOf([...packages, packages[0]!])).toBe('gcc-14-base 14.2.0-19\nlibc6 2.41-12+deb13u5\n');
  });

  it('cannot have a package twice', () => {
    const twice = ['1', '2'].map((version) => ({ name: 'runc', version }));
    expect(() => lockOf(twice)).toThrow('runc is there as 1 and 2');
  });

  it('says what of a root is in another version', () => {
    const [locked] = lockedPackages('trixie') as [{ name: string; version: string }];
    const other = { name: locked.name, version: '99' };
    expect(departures('trixie', [locked, { name: 'not-locked', version: '1' }])).toEqual([]);
    expect(departures('trixie', [other])).toEqual([{ ...other, locked: locked.version }]);
  });
});
