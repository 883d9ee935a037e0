import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot, type DebianRoot } from './debian-root.ts';

const sourceFolder = join(import.meta.dirname, '../../kernel');

const modules = ['rio_tracker', 'rio_retouch'];

const folders = ['include', ...modules];

/**
 * The folder with our kernel modules (`rio_tracker.ko`) for one kernel of a Debian release. They are built in a
 * throw-away root of that release, with its own compiler and the headers of that kernel (about 2 minutes the first
 * time); any warning fails the build. The same sources and packages give the same bytes.
 */
export async function kernelModules(
  suite: DebianRoot['suite'],
  kernelRelease: string,
  progress: Progress,
): Promise<string> {
  const packages = [`linux-headers-${kernelRelease}`, 'gcc', 'make', 'perl']; // perl: W=1 also checks comments
  const files = await moduleSources(sourceFolder);
  const sources = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await sha256(join(sourceFolder, file))] as const)),
  );
  const setup = buildScript(kernelRelease);
  const recipe = { suite, packages, sources, setup };
  const dir = await cached({ kind: 'kernel-modules', name: kernelRelease, recipe }, progress, (partial) =>
    progress.stage(`building the kernel modules for ${kernelRelease}`, async () => {
      const source = join(partial, 'kernel');
      for (const file of files) {
        await mkdir(dirname(join(source, file)), { recursive: true });
        await cp(join(sourceFolder, file), join(source, file));
      }
      const built = join(partial, 'modules');
      await mkdir(built);
      await buildDebianRoot(
        {
          suite,
          packages,
          copyIn: { [source]: '/tmp' },
          setup: [setup],
          copyOut: Object.fromEntries(modules.map((name) => [`/tmp/kernel/${name}/${name}.ko`, built])),
        },
        '-',
        progress,
      );
      await rm(source, { recursive: true });
    }),
  );
  return join(dir, 'modules');
}

/** Debug information would be most of the file, which is on the guest's disk and in its memory. */
function buildScript(kernelRelease: string): string {
  return [
    `make -C /lib/modules/${kernelRelease}/build M=/tmp/kernel W=1 KCFLAGS=-Werror modules`,
    ...modules.map((name) => `strip --strip-debug /tmp/kernel/${name}/${name}.ko`),
  ].join('\n');
}

/**
 * What the modules are built from: relative paths, sorted. What an earlier build left beside them is not, nor are the
 * programs that work with them.
 */
export async function moduleSources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const isOurs = (file: string) => file === 'Kbuild' || folders.includes(file.split('/')[0] ?? '');
  const isSource = (file: string) => /(\.[ch]|(^|\/)Kbuild)$/.test(file) && !file.endsWith('.mod.c');
  return entries.filter((file) => isOurs(file) && isSource(file)).sort();
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
