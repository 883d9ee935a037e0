import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import type { DebianRoot, Package } from './debian-root.ts';
import { findMmdebstrap } from './mmdebstrap.ts';

/**
 * The packages, with the versions that the archive has now, that a root would get without a lock (10 s; nothing is
 * installed).
 *
 * @throws TrioError `DEBIAN_ROOT_FAILED`
 */
export async function resolvePackages(
  { suite, packages }: DebianRoot,
  progress: Progress,
): Promise<Package[]> {
  const mmdebstrap = await findMmdebstrap(progress);
  const mirror = process.env['TRIO_DEBIAN_MIRROR'];
  const work = await mkdtemp(join(tmpdir(), 'trio-resolve-'));
  const remove = () => rm(work, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    const { all, exitCode } = await execa(
      mmdebstrap.file,
      [
        ...mmdebstrap.args,
        ...['--simulate', '--verbose', '--format=null', '--variant=minbase'],
        ...(packages.length > 0 ? [`--include=${packages.join(',')}`] : []),
        ...[suite, '/dev/null'],
        ...(mirror ? [mirror] : []),
      ],
      { env: { ...mmdebstrap.env, TMPDIR: work }, all: true, reject: false, stdin: 'ignore' },
    );
    const found = parseInstalls(all);
    if (exitCode === 0 && found.length > 0) return found;
    const last = all.trim().split('\n').slice(-12).join('\n');
    throw new TrioError('DEBIAN_ROOT_FAILED', `mmdebstrap cannot resolve the packages of ${suite}:\n${last}`);
  } finally {
    forget();
    await remove();
  }
}

/** What apt-get says of a simulated installation: `Inst NAME (VERSION ORIGIN [ARCHITECTURE])`. */
export function parseInstalls(output: string): Package[] {
  const lines = output.matchAll(/^Inst ([^\s:]+)(?::\S+)? (?:\[\S+\] )?\(([^\s)]+) /gm);
  return [...lines].map(([, name = '', version = '']) => ({ name, version }));
}
