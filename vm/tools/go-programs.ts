import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { buildDebianRoot } from './debian-root.ts';

const sourceFolder = join(import.meta.dirname, '../guest/go');

const packages = [
  'golang-go',
  'golang-github-containerd-stargz-snapshotter-dev',
  'golang-github-docker-distribution-dev',
];

/**
 * The path of a static program built from `vm/guest/go/NAME.go` and the Go libraries that Debian 13 packages.
 * All programs are built in one throw-away root (about 3 minutes the first time); the same source and packages give
 * the same bytes (`-trimpath`, no build id).
 */
export async function goProgram(name: string, progress: Progress): Promise<string> {
  const sources: Record<string, string> = {};
  for (const file of (await readdir(sourceFolder)).filter((f) => f.endsWith('.go')).sort())
    sources[file] = createHash('sha256')
      .update(await readFile(join(sourceFolder, file)))
      .digest('hex');
  const recipe = { suite: 'trixie', packages, sources };
  const dir = await cached({ kind: 'go', name: 'programs', recipe }, progress, (partial) =>
    progress.stage(`building the Go programs (${Object.keys(sources).join(', ')})`, async () => {
      const bin = join(partial, 'bin');
      await mkdir(bin);
      const programs = Object.keys(sources).map((file) => file.replace(/\.go$/, ''));
      await buildDebianRoot(
        {
          suite: 'trixie',
          packages,
          copyIn: { [sourceFolder]: '/tmp' },
          setup: [
            [
              'export GO111MODULE=off GOPATH=/usr/share/gocode CGO_ENABLED=0 GOCACHE=/tmp/gocache HOME=/tmp',
              'cd /tmp/go',
              'mkdir -p /tmp/bin',
              `for p in ${programs.join(' ')}; do go build -trimpath -ldflags "-s -w -buildid=" -o /tmp/bin/$p $p.go; done`,
            ].join('\n'),
          ],
          copyOut: Object.fromEntries(programs.map((p) => [`/tmp/bin/${p}`, bin])),
        },
        '-',
        progress,
      );
    }),
  );
  return join(dir, 'bin', name);
}
