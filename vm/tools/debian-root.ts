import { execa } from 'execa';
import { rmdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { departures, lockPreferences } from './locked-packages.ts';
import { findMmdebstrap, type Mmdebstrap } from './mmdebstrap.ts';
import { unmountBelow } from './mounts.ts';
import { makeOpenFolder } from './open-folder.ts';

/** The moment that everything we build is stamped with (2025-03-30, the release of openEuler 25.03), in seconds. */
export const SOURCE_DATE_EPOCH = 1743292800;

/** What to put in a Debian root file system. */
export interface DebianRoot {
  readonly suite: 'bookworm' | 'trixie';
  /** Package names, beside a minimal base (mmdebstrap's `minbase`). */
  readonly packages: readonly string[];
  /** In the versions that `locked-packages.ts` says; the recipe must then name the lock. */
  readonly isLocked?: boolean;
  /** Keep documentation, manual pages and translations (left out by default, as in container images). */
  readonly keepDocs?: boolean;
  /** Shell scripts run in the finished root by `chroot`, in order. */
  readonly setup?: readonly string[];
  /** Host files copied into the root before `setup`: path on the host → folder in the root. */
  readonly copyIn?: Readonly<Record<string, string>>;
  /** Files of the root copied out after `setup`: path in the root → folder on the host. */
  readonly copyOut?: Readonly<Record<string, string>>;
}

/** One installed package. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

const docFolders = ['doc', 'man', 'locale', 'info', 'groff', 'lintian'];

/**
 * Builds a Debian root with mmdebstrap into `tarPath` (sorted, reproducible; `-` for none) and returns its packages.
 *
 * Root or not decides mmdebstrap's mode: as an ordinary user it works in a user namespace (`--mode=unshare`, which
 * needs newuidmap and a range in /etc/subuid). `TRIO_DEBIAN_MIRROR` replaces mmdebstrap's default mirror.
 *
 * @throws TrioError `DEBIAN_ROOT_FAILED` with mmdebstrap's last lines
 */
export async function buildDebianRoot(root: DebianRoot, tarPath: string, progress: Progress): Promise<void> {
  const mmdebstrap = await findMmdebstrap(progress);
  const asRoot = process.getuid?.() === 0;
  const work = await makeOpenFolder('trio-root-'); // apt's own user, or the users of a namespace, must get through
  const hooks: string[] = [];
  if (root.isLocked) {
    const preferences = join(work, 'preferences');
    await writeFile(preferences, lockPreferences(root.suite));
    hooks.push(`--setup-hook=mkdir -p "$1/etc/apt"`, `--setup-hook=copy-in ${quote(preferences)} /etc/apt`);
    hooks.push(`--customize-hook=rm "$1/etc/apt/preferences"`);
  }
  for (const [from, to] of Object.entries(root.copyIn ?? {}))
    hooks.push(`--customize-hook=copy-in ${quote(from)} ${quote(to)}`);
  for (const script of root.setup ?? []) hooks.push(`--customize-hook=chroot "$1" sh -euc ${quote(script)}`);
  for (const [from, to] of Object.entries(root.copyOut ?? {}))
    hooks.push(`--customize-hook=copy-out ${quote(from)} ${quote(to)}`);
  const mirror = process.env['TRIO_DEBIAN_MIRROR'];
  const args = [
    ...mmdebstrap.args,
    `--mode=${asRoot ? 'root' : 'unshare'}`,
    '--variant=minbase',
    ...(root.keepDocs ? [] : docFolders.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`)),
    ...(root.packages.length > 0 ? [`--include=${root.packages.join(',')}`] : []),
    ...hooks,
    root.suite,
    tarPath === '-' ? '/dev/null' : tarPath,
    ...(mirror ? [mirror] : []),
  ];
  if (tarPath === '-') args.splice(mmdebstrap.args.length, 0, '--format=null');
  const child = execa(mmdebstrap.file, args, {
    env: {
      ...mmdebstrap.env,
      SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH),
      TMPDIR: work,
      // dpkg syncs each file to the disk, which takes a quarter of the time; a root that is half made is thrown away.
      DPKG_FORCE: 'unsafe-io',
    },
    all: true,
    reject: false,
    stdin: 'ignore',
    detached: true, // its own process group: a Ctrl-C must not reach it before us, and we end all of it at once
  });
  // mmdebstrap leaves its half-made root behind when it is interrupted.
  let removal: Promise<void> | undefined; // one: after an interrupt the end of the child brings us here as well
  const remove = () => (removal ??= removeWorkFolder(work, mmdebstrap, asRoot));
  const forget = onInterrupt(async () => {
    if (child.pid) killGroup(child.pid);
    await child;
    await remove();
  });
  try {
    const result = await child;
    if (result.exitCode !== 0) throw failed(root, asRoot, result.all ?? '', result.shortMessage);
    if (root.isLocked && tarPath !== '-')
      for (const { name, version, locked } of departures(root.suite, await listPackages(tarPath)))
        progress.say(
          `${name}: locked in ${locked}, which the archive of ${root.suite} has no more; took ${version}`,
        );
  } finally {
    forget();
    await remove();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

async function removeWorkFolder(work: string, mmdebstrap: Mmdebstrap, asRoot: boolean): Promise<void> {
  const rm = ['rm', '-rf', '--one-file-system', work];
  if (asRoot) {
    // As root mmdebstrap mounts /proc, /sys and others in the host's namespace.
    await unmountBelow(work);
    await execa('rm', rm.slice(1), { reject: false });
  } else {
    // What a namespace's users own, only they can remove; its mounts go with it.
    const helper = [...mmdebstrap.args, '--unshare-helper', ...rm];
    await execa(mmdebstrap.file, helper, { env: mmdebstrap.env, reject: false });
    await rmdir(work).catch(() => {});
  }
}

function failed(root: DebianRoot, asRoot: boolean, output: string, short: string | undefined): TrioError {
  const last = output.trim().split('\n').slice(-12).join('\n');
  if (/No space left on device/.test(output))
    return new TrioError('DISK_FULL', `ENOSPC: No space left on device\n${last}`);
  const hint = asRoot
    ? ''
    : '\nAs an ordinary user it needs the package uidmap, a range in /etc/subuid and unprivileged user namespaces.';
  const outdated = root.isLocked && /unmet dependencies|held broken packages/.test(output);
  const lockHint = outdated
    ? '\nThe versions that vm/debian/ locks do not go with those that the archive has: npm run vm:lock moves the locks.'
    : '';
  return new TrioError(
    'DEBIAN_ROOT_FAILED',
    `mmdebstrap failed for ${root.suite} (${short ?? ''}):\n${last}${hint}${lockHint}`,
  );
}

/** Lists the packages of a root's tar from its dpkg status, sorted by name. */
export async function listPackages(tarPath: string): Promise<Package[]> {
  const { stdout } = await execa('tar', ['-xOf', tarPath, './var/lib/dpkg/status']);
  return stdout
    .split('\n\n')
    .filter((paragraph) => /^Status: .* installed$/m.test(paragraph))
    .map((paragraph) => ({
      name: /^Package: (.*)$/m.exec(paragraph)?.[1] ?? '',
      version: /^Version: (.*)$/m.exec(paragraph)?.[1] ?? '',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Text form of a package list (one `name version` a line) and its SHA-256. */
export function packageManifest(packages: readonly Package[]): { text: string; sha256: string } {
  const text = packages.map(({ name, version }) => `${name} ${version}\n`).join('');
  return { text, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Writes `packages.txt` for a root's tar into `dir`; returns the packages and the manifest's hash. */
export async function writePackageManifest(
  tarPath: string,
  dir: string,
): Promise<{ packages: Package[]; sha256: string }> {
  const packages = await listPackages(tarPath);
  const { text, sha256 } = packageManifest(packages);
  await writeFile(join(dir, 'packages.txt'), text);
  return { packages, sha256 };
}

/** One word for the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
