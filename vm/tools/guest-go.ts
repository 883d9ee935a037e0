import { createHash } from 'node:crypto';
import { cp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot, type DebianRoot } from './debian-root.ts';

/**
 * The path of a static program built from a folder of Go files, with the Go release and standard library of a Debian
 * release (about a minute the first time). The guests' own programs are all built with one Go (go-programs.ts); this
 * is for what must run as that release's containerd does.
 */
export async function guestGoProgram(
  suite: DebianRoot['suite'],
  name: string,
  sourceFolder: string,
  progress: Progress,
): Promise<string> {
  const packages = ['golang-go'];
  const sources: Record<string, string> = {};
  for (const file of (await readdir(sourceFolder)).filter((each) => each.endsWith('.go')).sort())
    sources[file] = createHash('sha256')
      .update(await readFile(join(sourceFolder, file)))
      .digest('hex');
  const dir = await cached(
    { kind: 'guest-go', name: `${name}-${suite}`, recipe: { suite, packages, sources } },
    progress,
    (partial) =>
      progress.stage(`building ${name} with the Go of ${suite}`, async () => {
        const folder = join(partial, 'go');
        await cp(sourceFolder, folder, { recursive: true });
        const environment = 'GO111MODULE=off CGO_ENABLED=0 GOCACHE=/tmp/gocache HOME=/tmp';
        await buildDebianRoot(
          {
            suite,
            packages,
            copyIn: { [folder]: '/tmp' },
            setup: [
              `cd /tmp/go && ${environment} go build -trimpath -ldflags "-s -w -buildid=" -o /tmp/${name} *.go`,
            ],
            copyOut: { [`/tmp/${name}`]: partial },
          },
          '-',
          progress,
        );
      }),
  );
  return join(dir, name);
}
