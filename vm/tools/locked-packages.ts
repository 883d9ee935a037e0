import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import type { DebianRoot, Package } from './debian-root.ts';

/**
 * The versions of a Debian release's packages that guests, images and tools are built with, so that they are the same
 * next month: `vm/debian/SUITE.lock`, `name version` a line. What the archive does not have any more comes in the version
 * that it has; results then name other packages, and golden files drift. Compilers are not locked: what they make is
 * known by its hash.
 */
export function lockedPackages(suite: DebianRoot['suite']): readonly Package[] {
  return lockText(suite)
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', version = ''] = line.split(' ');
      return { name, version };
    });
}

/** Part of the recipe of all that is built with the lock. */
export function lockSha256(suite: DebianRoot['suite']): string {
  return createHash('sha256').update(lockText(suite)).digest('hex');
}

/** apt's preferences that choose the locked versions, whether newer ones are there or not. */
export function lockPreferences(suite: DebianRoot['suite']): string {
  return lockedPackages(suite)
    .map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n');
}

/** Which of these packages are not in the version that they are locked in. */
export function departures(
  suite: DebianRoot['suite'],
  packages: readonly Package[],
): (Package & { readonly locked: string })[] {
  const locks = new Map(lockedPackages(suite).map(({ name, version }) => [name, version]));
  return packages.flatMap(({ name, version }) => {
    const locked = locks.get(name);
    return locked === undefined || locked === version ? [] : [{ name, version, locked }];
  });
}

/** Where the lock is. */
export function lockFile(suite: DebianRoot['suite']): string {
  return join(import.meta.dirname, '../debian', `${suite}.lock`);
}

/**
 * A lock's text, of the packages of several roots.
 *
 * @throws TrioError `TWO_VERSIONS` of one package, when the archive changed in between
 */
export function lockOf(packages: readonly Package[]): string {
  const versions = new Map<string, string>();
  for (const { name, version } of packages) {
    const other = versions.get(name) ?? version;
    if (other !== version)
      throw new TrioError('TWO_VERSIONS', `${name} is there as ${other} and ${version}: run it again`);
    versions.set(name, version);
  }
  const lines = [...versions].map(([name, version]) => `${name} ${version}\n`);
  // By name: a space comes before all that a name can go on with.
  return lines.sort().join('');
}

function lockText(suite: DebianRoot['suite']): string {
  return readFileSync(lockFile(suite), 'utf8');
}
