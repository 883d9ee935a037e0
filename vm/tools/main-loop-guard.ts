import { createHash } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot } from './debian-root.ts';

const source = join(import.meta.dirname, '../qemu/main-loop-guard.c');
const library = 'main-loop-guard.so';
const packages = ['gcc', 'libc6-dev'];

/** The path of the library that is preloaded into QEMU (see its source), built when missing. */
export async function mainLoopGuard(progress: Progress): Promise<string> {
  const recipe = { suite: 'trixie', packages, source: await guardHash() };
  const dir = await cached({ kind: 'main-loop-guard', name: 'debian-13', recipe }, progress, (partial) =>
    progress.stage("building the guard of QEMU's main loop", async () => {
      const copy = join(partial, basename(source));
      await cp(source, copy);
      const build = `gcc -O2 -Wall -Werror -fPIC -shared -o /tmp/${library} /tmp/${basename(source)}`;
      await buildDebianRoot(
        {
          suite: 'trixie',
          packages,
          copyIn: { [copy]: '/tmp' },
          setup: [build],
          copyOut: { [`/tmp/${library}`]: partial },
        },
        '-',
        progress,
      );
    }),
  );
  return join(dir, library);
}

/** SHA-256 of the guard's source: part of every result that it keeps exact. */
export async function guardHash(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
}
