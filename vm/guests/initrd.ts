import { execa } from 'execa';
import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { exists } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { runTool, toolRoot } from '../tools/tool-root.ts';

/** What the kernel needs to find its root: the persistent-memory drivers and the file system. */
const wanted = ['crc32c_generic', 'crc32c_intel', 'ext4', 'nd_btt', 'nd_pmem', 'nfit'];

/** The root file system's UUID: the kernel numbers disks as it gets to probe them. */
export const rootUuid = '7472696f-0000-4000-8000-000000000001';

/**
 * Makes a minimal, uncompressed, reproducible initrd: a static busybox, the modules above and what they depend on.
 * A distribution's own initrd takes the guest seconds of virtual time to unpack.
 *
 * @param modules  folder `lib/modules/RELEASE` of the guest, with at least the files of {@link modulesFor}
 */
export async function buildInitrd(modules: string, initrd: string, progress: Progress): Promise<void> {
  const tree = `${initrd}.tree`;
  await mkdir(join(tree, 'bin'), { recursive: true });
  await mkdir(join(tree, 'm'));
  for (const folder of ['dev', 'proc', 'r']) await mkdir(join(tree, folder));
  await copyFile(join(await toolRoot(progress), 'usr/bin/busybox'), join(tree, 'bin/busybox'));
  const files = await modulesFor(modules);
  for (const file of files) await installModule(join(modules, file), join(tree, 'm'), progress);
  const names = files.map((file) => basename(file).replace(/\.(xz|zst|gz)$/, ''));
  await writeFile(join(tree, 'init'), initScript(names));
  await chmod(join(tree, 'init'), 0o755);
  // Names sorted; modes, times and inode numbers fixed: the same files give the same bytes.
  await execa('chmod', ['-R', 'u=rwX,go=rX', tree]);
  await execa('find', [tree, '-exec', 'touch', '-h', '-d', '@0', '{}', '+']);
  const { stdout } = await execa('find', ['.', '-mindepth', '1'], { cwd: tree });
  const names0 = stdout.split('\n').sort().join('\n');
  await runTool(
    'cpio',
    ['--quiet', '--create', '--format=newc', '--reproducible', '--owner=+0:+0', `--file=${initrd}`],
    progress,
    { cwd: tree, input: `${names0}\n` },
  );
  await rm(tree, { recursive: true });
}

/** Module files (relative paths, dependencies first) that the initrd needs; built-in ones need no file. */
export async function modulesFor(modules: string): Promise<string[]> {
  const byName = new Map<string, { file: string; needs: string[] }>();
  for (const line of (await readFile(join(modules, 'modules.dep'), 'utf8')).trim().split('\n')) {
    const [file = '', needs = ''] = line.split(':');
    byName.set(moduleName(file), { file, needs: needs.trim().split(/\s+/).filter(Boolean).map(moduleName) });
  }
  const builtIn = new Set(
    (await readFile(join(modules, 'modules.builtin'), 'utf8')).split('\n').map(moduleName),
  );
  const order: string[] = [];
  const visit = (name: string) => {
    const module = byName.get(name);
    if (!module) {
      if (builtIn.has(name)) return;
      // Some are absent from some kernels (crc32c_generic moved into the kernel): the root's mount is the check.
      return;
    }
    module.needs.forEach(visit);
    if (!order.includes(module.file)) order.push(module.file);
  };
  wanted.forEach(visit);
  return order;
}

/** `kernel/fs/ext4/ext4.ko.xz` → `ext4`; hyphens and underscores are the same to the kernel. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

async function installModule(file: string, folder: string, progress: Progress): Promise<void> {
  if (!(await exists(file))) throw new TrioError('MODULE_MISSING', `the guest's kernel lacks ${file}`);
  const target = join(folder, basename(file));
  await cp(file, target);
  if (file.endsWith('.xz')) await runTool('xz', ['--decompress', target], progress);
  else if (file.endsWith('.zst')) await runTool('zstd', ['--decompress', '--rm', '-q', target], progress);
  else if (file.endsWith('.gz')) await execa('gzip', ['-d', target]);
}

function initScript(modules: readonly string[]): string {
  return `#!/bin/busybox sh
B=/bin/busybox
$B mount -t devtmpfs dev /dev
$B mount -t proc proc /proc
for m in ${modules.join(' ')}; do $B insmod /m/$m || echo "initrd: insmod $m failed"; done
i=0; until D=$($B findfs UUID=${rootUuid}) || [ $i -gt 500 ]; do $B usleep 1000; i=$((i+1)); done 2>/dev/null
$B mount -t ext4 -o rw,noatime $D /r || { echo "initrd: no root file system"; $B poweroff -f; }
$B umount /proc
$B mount --move /dev /r/dev
exec $B switch_root /r /sbin/trio-init
`;
}
