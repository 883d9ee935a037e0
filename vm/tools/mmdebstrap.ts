import { execa } from 'execa';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { cached, exists } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';

/** How to start mmdebstrap here: a program and the environment it needs. */
export interface Mmdebstrap {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds mmdebstrap: `$TRIO_MMDEBSTRAP`, else the one on PATH, else (on Debian) its package and what that package
 * still lacks here, downloaded by apt and unpacked in the cache; nothing is installed on the host.
 *
 * @throws TrioError `MMDEBSTRAP_MISSING` when there is none to be had
 */
export async function findMmdebstrap(progress: Progress): Promise<Mmdebstrap> {
  const own = process.env['TRIO_MMDEBSTRAP'];
  if (own) {
    if (!(await exists(own)))
      throw new TrioError('MMDEBSTRAP_MISSING', `TRIO_MMDEBSTRAP names ${own}, which is not there`);
    return { file: own, args: [], env: {} };
  }
  if (await onPath('mmdebstrap')) return { file: 'mmdebstrap', args: [], env: {} };
  if (!(await onPath('apt-get')) || !(await onPath('dpkg-deb')))
    throw missing('this host has no apt to fetch it');
  return unpacked(progress);
}

function missing(why: string, cause?: unknown): TrioError {
  return new TrioError(
    'MMDEBSTRAP_MISSING',
    `mmdebstrap not found (${why}): install it (Debian: apt install mmdebstrap uidmap) or set TRIO_MMDEBSTRAP`,
    { cause },
  );
}

async function onPath(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) if (folder && (await exists(join(folder, program)))) return true;
  return false;
}

/** mmdebstrap from its package, with the Perl modules that a bare Debian (perl-base only) lacks. */
async function unpacked(progress: Progress): Promise<Mmdebstrap> {
  const dir = await cached(
    { kind: 'tools', name: 'mmdebstrap', recipe: { version: 1 } },
    progress,
    (partial) =>
      progress.stage('fetching mmdebstrap (not on PATH)', async () => {
        const apt = join(partial, 'apt');
        await mkdir(join(apt, 'lists/partial'), { recursive: true });
        await mkdir(join(apt, 'archives/partial'), { recursive: true });
        // Own lists and archives: works as an ordinary user and leaves the host's package state alone.
        const config = join(apt, 'apt.conf');
        await writeFile(
          config,
          [
            `Dir::State::Lists "${apt}/lists";`,
            `Dir::Cache "${apt}";`,
            `Dir::Cache::Archives "${apt}/archives";`,
            'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";',
            'Debug::NoLocking "1"; APT::Sandbox::User ""; APT::Get::Install-Recommends "0";',
            '',
          ].join('\n'),
        );
        const run = (...args: string[]) =>
          execa('apt-get', ['-q', '-y', ...args], { env: { APT_CONFIG: config } });
        try {
          await run('update');
          // --reinstall: also when the host has it installed but not on PATH.
          await run('install', '--reinstall', '--download-only', 'mmdebstrap');
          for (const name of await readdir(join(apt, 'archives')))
            if (name.endsWith('.deb'))
              await execa('dpkg-deb', ['-x', join(apt, 'archives', name), join(partial, 'root')]);
        } catch (error) {
          throw missing('apt could not fetch it', error);
        }
      }),
  );
  const root = join(dir, 'root');
  const perlFolders = ['usr/share/perl5', 'usr/share/perl', 'usr/lib/x86_64-linux-gnu/perl'];
  const libraries: string[] = [];
  for (const folder of perlFolders) {
    const path = join(root, folder);
    if (!(await exists(path))) continue;
    libraries.push(path);
    for (const version of await readdir(path))
      if (version.startsWith('5.')) libraries.push(join(path, version));
  }
  const perl = join(root, 'usr/bin/perl');
  return {
    file: (await exists(perl)) ? perl : 'perl',
    args: [join(root, 'usr/bin/mmdebstrap')],
    env: {
      PERL5LIB: libraries.join(delimiter),
      LD_LIBRARY_PATH: join(root, 'usr/lib/x86_64-linux-gnu'),
      PATH: `${process.env['PATH'] ?? ''}${delimiter}${join(root, 'usr/bin')}`,
    },
  };
}
