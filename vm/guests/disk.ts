import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TrioError } from '../../trio/errors.ts';
import { cached, recipeHash } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { goProgram } from '../tools/go-programs.ts';
import { runTool, toolRoot } from '../tools/tool-root.ts';
import type { Guest } from './guest.ts';
import { buildInitrd, rootUuid } from './initrd.ts';

/** A guest ready to boot. */
export interface GuestDisk {
  readonly dir: string;
  /** Raw ext4 image (sparse), the root file system. */
  readonly disk: string;
  readonly diskBytes: number;
  readonly kernel: string;
  readonly kernelRelease: string;
  readonly initrd: string;
  /** Of all files on the disk, the kernel and the initrd: the same recipe need not give the same bytes for ever. */
  readonly contentSha256: string;
  /** One `name version` a line, and the SHA-256 of that text. */
  readonly packageManifest: string;
  readonly packageManifestSha256: string;
}

/** Room for the guest and for the largest workload twice (content store and unpacked). Sparse: costs what is used. */
const diskBytes = 10 * 2 ** 30;

const vmFolder = join(import.meta.dirname, '..');

/** Builds, or finds in the cache, the guest's root file system and from it the bootable disk with our programs. */
export async function guestDisk(guest: Guest, progress: Progress): Promise<GuestDisk> {
  const rootDir = await cached(
    { kind: 'guest-root', name: guest.id, recipe: guest.recipe },
    progress,
    (dir) =>
      progress.stage(`building the guest ${guest.id} from its packages`, () => guest.build(dir, progress)),
  );
  const programs = {
    registryd: await goProgram('registryd', progress),
    stargzd: await goProgram('stargzd', progress),
  };
  // By its address, not by its path: the cache may lie elsewhere.
  const tools = basename(dirname(await toolRoot(progress)));
  const recipe = {
    root: recipeHash(guest.recipe),
    tools,
    programs: await hashFiles(Object.values(programs)),
    node: process.version,
    sources: await hashFiles(await guestSources()),
    builder: await hashFiles([import.meta.filename, join(import.meta.dirname, 'initrd.ts')]),
    diskBytes,
  };
  const dir = await cached({ kind: 'guest-disk', name: guest.id, recipe }, progress, (partial) =>
    progress.stage(`making the disk of ${guest.id}`, () => makeDisk(rootDir, programs, partial, progress)),
  );
  const packageManifest = await readFile(join(rootDir, 'packages.txt'), 'utf8');
  return {
    dir,
    disk: join(dir, 'disk.img'),
    diskBytes,
    kernel: join(dir, 'vmlinuz'),
    kernelRelease: (await readFile(join(dir, 'kernel-release'), 'utf8')).trim(),
    initrd: join(dir, 'initrd'),
    contentSha256: (await readFile(join(dir, 'content-sha256'), 'utf8')).trim(),
    packageManifest,
    packageManifestSha256: createHash('sha256').update(packageManifest).digest('hex'),
  };
}

async function makeDisk(
  rootDir: string,
  programs: Readonly<Record<string, string>>,
  dir: string,
  progress: Progress,
): Promise<void> {
  const rootTar = join(rootDir, 'root.tar');
  const extracted = join(dir, 'extracted');
  await mkdir(extracted);
  await execa('tar', [
    '-C',
    extracted,
    '--no-same-owner',
    '--wildcards',
    '-xf',
    rootTar,
    './boot/vmlinuz-*',
    './usr/lib/modules/*',
  ]);
  const releases = await readdir(join(extracted, 'usr/lib/modules'));
  const [release] = releases;
  if (!release || releases.length > 1)
    throw new TrioError(
      'GUEST_KERNEL',
      `the guest must have one kernel, it has: ${releases.join(', ') || 'none'}`,
    );
  await copyFile(join(extracted, 'boot', `vmlinuz-${release}`), join(dir, 'vmlinuz'));
  await writeFile(join(dir, 'kernel-release'), `${release}\n`);
  await buildInitrd(join(extracted, 'usr/lib/modules', release), join(dir, 'initrd'), progress);
  await rm(extracted, { recursive: true });

  const overlay = join(dir, 'overlay');
  await layOutOverlay(overlay, programs);
  const tar = join(dir, 'disk.tar');
  await execa('cp', ['--reflink=auto', rootTar, tar]);
  // Appended entries win over the same names before them.
  await execa('tar', [
    '-C',
    overlay,
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX', // whatever the user's umask is
    `--mtime=@${SOURCE_DATE_EPOCH}`,
    '-rf',
    tar,
    '.',
  ]);
  await rm(overlay, { recursive: true });
  await makeExt4(tar, join(dir, 'disk.img'), diskBytes, progress);
  const content = await hashFiles([tar, join(dir, 'vmlinuz'), join(dir, 'initrd')]);
  await writeFile(join(dir, 'content-sha256'), `${content}\n`);
  await rm(tar);
}

/** Our files in the guest: `/sbin/trio-init`, `/opt/trio/{node,bin,vm/…}`, and what `ctr run --net-host` mounts. */
async function layOutOverlay(overlay: string, programs: Readonly<Record<string, string>>): Promise<void> {
  const home = join(overlay, 'opt/trio');
  await mkdir(join(home, 'bin'), { recursive: true });
  await mkdir(join(overlay, 'usr/sbin'), { recursive: true });
  await copyFile(join(vmFolder, 'guest/init.sh'), join(overlay, 'usr/sbin/trio-init'));
  await chmod(join(overlay, 'usr/sbin/trio-init'), 0o755);
  await copyFile(process.execPath, join(home, 'node'));
  for (const [name, path] of Object.entries(programs)) await copyFile(path, join(home, 'bin', name));
  await mkdir(join(overlay, 'etc'));
  await writeFile(join(overlay, 'etc/hosts'), '127.0.0.1 localhost\n');
  await writeFile(join(overlay, 'etc/resolv.conf'), '');
  await writeFile(join(overlay, 'etc/hostname'), 'trio\n');
  await writeFile(join(home, 'package.json'), '{ "type": "module" }\n');
  for (const source of await guestSources()) {
    const target = join(home, 'vm', source.slice(vmFolder.length + 1));
    await mkdir(join(target, '..'), { recursive: true });
    await cp(source, target);
  }
}

/** The TypeScript that runs in the guest. */
async function guestSources(): Promise<string[]> {
  const sources: string[] = [join(vmFolder, 'guest/init.sh')];
  for (const folder of ['guest', 'systems'])
    for (const name of (await readdir(join(vmFolder, folder))).sort())
      if (name.endsWith('.ts')) sources.push(join(vmFolder, folder, name));
  return sources;
}

/**
 * A reproducible ext4 image from a tar. No lazy initialisation: its kernel thread would write during measurements.
 *
 * @param bytes  size of the (sparse) image
 */
async function makeExt4(tar: string, image: string, bytes: number, progress: Progress): Promise<void> {
  await execa('truncate', ['-s', String(bytes), image]);
  await runTool(
    'mke2fs',
    [
      '-q',
      '-F',
      ...['-t', 'ext4', '-b', '4096', '-N', '393216'],
      ...['-U', rootUuid],
      ...[
        '-E',
        'hash_seed=7472696f-0000-4000-8000-000000000002,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0',
      ],
      ...['-d', tar],
      image,
    ],
    progress,
    { env: { SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), E2FSPROGS_FAKE_TIME: String(SOURCE_DATE_EPOCH) } },
  );
}

async function hashFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const one = createHash('sha256');
    await pipeline(createReadStream(file), one);
    hash.update(`${one.digest('hex')}\n`);
  }
  return hash.digest('hex');
}
