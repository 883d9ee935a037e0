import { createHash } from 'node:crypto';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot } from './debian-root.ts';

const folder = join(import.meta.dirname, '../qemu/preload');
/** Each says what it keeps the host from changing. */
const sources = ['host-clock.c', 'main-loop.c'];
const library = 'qemu-preload.so';
const packages = ['gcc', 'libc6-dev'];

/** The path of the library that is preloaded into QEMU, so that the host does not show in results; built when missing. */
export async function qemuPreload(progress: Progress): Promise<string> {
  const recipe = { suite: 'trixie', packages, sources: await preloadHash() };
  const dir = await cached({ kind: 'qemu-preload', name: 'debian-13', recipe }, progress, (partial) =>
    progress.stage('building the library that is preloaded into QEMU', async () => {
      const copies = join(partial, 'preload');
      await mkdir(copies);
      for (const source of sources) await cp(join(folder, source), join(copies, source));
      const inputs = sources.map((source) => `/tmp/preload/${source}`).join(' ');
      await buildDebianRoot(
        {
          suite: 'trixie',
          packages,
          copyIn: { [copies]: '/tmp' },
          setup: [`gcc -O2 -Wall -Werror -fPIC -shared -o /tmp/${library} ${inputs}`],
          copyOut: { [`/tmp/${library}`]: partial },
        },
        '-',
        progress,
      );
    }),
  );
  return join(dir, library);
}

/** SHA-256 of the library's sources: part of every result that it keeps exact. */
export async function preloadHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(join(folder, source)));
  return hash.digest('hex');
}
