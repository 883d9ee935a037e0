import { execa } from 'execa';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { cached, exists } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot, writePackageManifest } from './debian-root.ts';
import { lockSha256 } from './locked-packages.ts';

/**
 * The host's distribution must not matter (results are identical only within one QEMU version), so QEMU and the
 * image tools come from a pinned Debian 13 tree in the cache. Programs are started through that tree's own dynamic
 * loader: no chroot, no namespace, no mount, and it works for an ordinary user.
 */
export const toolPackages: readonly string[] = [
  'busybox-static',
  'cpio',
  'e2fsprogs',
  'libarchive13t64', // lets mke2fs fill a file system from a tar, with owners, without being root
  'qemu-system-x86',
  'qemu-utils',
  'seabios',
  'skopeo',
  'xz-utils',
  'zstd',
];

const folders = ['usr/bin', 'usr/sbin', 'bin', 'sbin'];

/** A program of the tool tree, ready for `execa(file, [...args, …])`. */
export interface ToolCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** The tool tree's folder, built when missing (about 40 s). */
export async function toolRoot(progress: Progress): Promise<string> {
  const dir = await cached(
    {
      kind: 'tools',
      name: 'debian-13',
      recipe: { suite: 'trixie', packages: toolPackages, lock: lockSha256('trixie') },
    },
    progress,
    (partial) =>
      progress.stage('building the tool tree (QEMU, e2fsprogs, skopeo)', () =>
        unpackTools(toolPackages, partial, progress),
      ),
  );
  return join(dir, 'root');
}

/** Fills `dir` with `root`, a Debian 13 tree with these packages, and `packages.txt`. */
export async function unpackTools(wanted: readonly string[], dir: string, progress: Progress): Promise<void> {
  const tar = join(dir, 'root.tar');
  await buildDebianRoot({ suite: 'trixie', packages: wanted, isLocked: true }, tar, progress);
  await writePackageManifest(tar, dir);
  const root = join(dir, 'root');
  await mkdir(root);
  // Devices cannot be made by an ordinary user and are not needed; owners do not matter.
  await execa('tar', ['-C', root, '--exclude=./dev/*', '--no-same-owner', '-xf', tar]);
  await execa('rm', [tar]);
}

/**
 * How to start `name` of the tool tree.
 *
 * @throws TrioError `TOOL_MISSING` when the tree lacks it (damaged cache)
 */
export async function toolCommand(name: string, progress: Progress): Promise<ToolCommand> {
  return commandIn(await toolRoot(progress), name);
}

/**
 * How to start `name` of a Debian tree.
 *
 * @throws TrioError `TOOL_MISSING`
 */
export async function commandIn(root: string, name: string): Promise<ToolCommand> {
  for (const folder of folders) {
    const program = join(root, folder, name);
    if (!(await exists(program))) continue;
    return {
      file: join(root, 'lib64/ld-linux-x86-64.so.2'),
      args: [
        '--library-path',
        `${join(root, 'usr/lib/x86_64-linux-gnu')}:${join(root, 'lib/x86_64-linux-gnu')}`,
        program,
      ],
    };
  }
  throw new TrioError(
    'TOOL_MISSING',
    `${name} is missing from the tool tree ${root}: remove that folder and run again`,
  );
}

/** Runs a tool to its end; standard output is returned. Its failure is a TrioError with the tool's last words. */
export async function runTool(
  name: string,
  args: readonly string[],
  progress: Progress,
  options: ToolOptions = {},
): Promise<string> {
  return runCommand(name, await toolCommand(name, progress), args, options);
}

interface ToolOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Record<string, string>;
}

/** The same with a program of another tree ({@link commandIn}). */
export async function runCommand(
  name: string,
  tool: ToolCommand,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const result = await execa(tool.file, [...tool.args, ...args], {
    ...options,
    reject: false,
    maxBuffer: 1 << 28,
  });
  if (result.exitCode !== 0)
    throw new TrioError(
      'TOOL_FAILED',
      `${name} failed (${result.exitCode ?? result.signal}): ${result.stderr.trim().split('\n').slice(-6).join('\n')}`,
    );
  return result.stdout;
}
