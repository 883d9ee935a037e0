import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { toolCommand } from '../tools/tool-root.ts';

/** Changes whenever the same tree would give another disk. */
export const diskVersion = 1;

/** The smallest disk; larger ones are this times a power of two. A few sizes only: the size is part of a VM's timing. */
export const smallestDiskBytes = 2 ** 30;
const largestBytes = 2 ** 36;
/** Named one by one, so that no mke2fs.conf has a say. No journal: nobody writes. */
const features =
  'none,64bit,dir_index,dir_nlink,extents,extra_isize,filetype,flex_bg,huge_file,large_file,sparse_super';
/** Room for ext4's own tables, as a part of the disk. */
const overhead = 0.05;

/**
 * Makes the disk that the guest's registry serves from: a read-only ext4 with `tree` in it, all of it root's. The same
 * tree gives the same bytes.
 *
 * @returns the disk's size in bytes
 * @throws TrioError `REGISTRY_DISK_FAILED`
 */
export async function makeRegistryDisk(tree: string, disk: string, progress: Progress): Promise<number> {
  const bytes = diskBytes(await treeBytes(tree));
  const mke2fs = await toolCommand('mke2fs', progress);
  const uuid = uuidOf('registry disk');
  // A tar in between gives all files root's ownership and one date without being root, in an order of its own.
  const tar = execa(
    'tar',
    [
      '-C',
      tree,
      '--sort=name',
      '--format=posix',
      '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
      `--mtime=@${SOURCE_DATE_EPOCH}`,
      '--hard-dereference',
      '-cf',
      '-',
      '.',
    ],
    { stdin: 'ignore', buffer: { stdout: false }, reject: false, env: { LC_ALL: 'C' } },
  );
  const make = execa(
    mke2fs.file,
    [
      ...mke2fs.args,
      '-q',
      '-F',
      '-t',
      'ext4',
      '-b',
      '4096',
      '-I',
      '256',
      '-m',
      '0',
      '-N',
      '16384',
      '-U',
      uuid,
      '-O',
      features,
      '-L',
      'registry',
      '-E',
      `hash_seed=${uuid},root_owner=0:0,lazy_itable_init=0,nodiscard`,
      '-d',
      '-',
      disk,
      `${bytes / 1024}k`,
    ],
    {
      stdin: 'pipe',
      reject: false,
      all: true,
      env: { SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), MKE2FS_CONFIG: '/dev/null' },
    },
  );
  const forget = onInterrupt(() => [tar, make].map((child) => child.kill('SIGKILL')));
  tar.stdout.pipe(make.stdin);
  make.stdin.on('error', () => {}); // mke2fs gave up early; its exit code says so
  const [packed, made] = await Promise.all([tar, make]);
  forget();
  if (packed.failed || made.failed) {
    await rm(disk, { force: true });
    const why = `${packed.stderr}\n${made.all}`.trim().split('\n').slice(-6).join('\n');
    throw new TrioError(
      'REGISTRY_DISK_FAILED',
      `cannot make the registry's disk (${bytes} bytes) from ${tree}: ${why}`,
    );
  }
  return bytes;
}

/** The size class for this much content, in bytes. */
export function diskBytes(contentBytes: number): number {
  let bytes = smallestDiskBytes;
  while (bytes * (1 - overhead) < contentBytes) bytes *= 2;
  if (bytes > largestBytes)
    throw new TrioError('REGISTRY_DISK_FAILED', `${contentBytes} bytes are too much for one image`);
  return bytes;
}

/** Bytes of all files, each counted in whole blocks. */
async function treeBytes(tree: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      bytes += Math.ceil((await stat(join(entry.parentPath, entry.name))).size / 4096) * 4096;
    else bytes += 4096;
  return bytes;
}

/** A fixed UUID for a name. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
