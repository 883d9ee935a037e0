import { createHash } from 'node:crypto';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot } from './debian-root.ts';

const sourceFolder = join(import.meta.dirname, '../../kernel/iotracker');

const sources = ['Makefile', 'iotracker.bpf.c', 'iotracker.c'];

const packages = ['bpftool', 'clang', 'gcc', 'libbpf-dev', 'libc6-dev', 'make'];

/**
 * The path of `iotracker`, the probes of rio_tracker for `probes=bpf`, for the Debian 13 guest (Debian 12's kernel has
 * no such probes). It fits every kernel that has what it probes; where it runs, it needs libbpf, which iproute2 brings.
 */
export async function iotracker(progress: Progress): Promise<string> {
  const hashes: Record<string, string> = {};
  for (const file of sources)
    hashes[file] = createHash('sha256')
      .update(await readFile(join(sourceFolder, file)))
      .digest('hex');
  const recipe = { suite: 'trixie', packages, sources: hashes };
  const dir = await cached({ kind: 'iotracker', name: 'debian-13', recipe }, progress, (partial) =>
    progress.stage('building iotracker', async () => {
      const source = join(partial, 'iotracker');
      await mkdir(source);
      for (const file of sources) await cp(join(sourceFolder, file), join(source, file));
      await mkdir(join(partial, 'bin'));
      await buildDebianRoot(
        {
          suite: 'trixie',
          packages,
          copyIn: { [source]: '/tmp' },
          setup: ['make -C /tmp/iotracker && strip /tmp/iotracker/.output/iotracker'],
          copyOut: { '/tmp/iotracker/.output/iotracker': join(partial, 'bin') },
        },
        '-',
        progress,
      );
    }),
  );
  return join(dir, 'bin', 'iotracker');
}
