import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { runTool } from '../tools/tool-root.ts';

/**
 * Turns an archive of `docker save` into an OCI layout in the cache (by content, so a changed file is a new entry).
 *
 * @returns the layout's folder, which holds this one image
 * @throws TrioError `BAD_ARCHIVE` with skopeo's last words
 */
export async function importArchive(
  archive: { readonly name: string; readonly file: string; readonly reference: string | undefined },
  progress: Progress,
): Promise<string> {
  const { name, reference } = archive;
  const file = resolve(archive.file);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const recipe = { archive: hash.digest('hex'), reference };
  const dir = await cached({ kind: 'image-import', name, recipe }, progress, (partial) =>
    progress.stage(`reading the docker archive ${archive.file}`, async () => {
      const temporary = join(partial, 'tmp');
      await mkdir(temporary);
      const from = `docker-archive:${file}${reference ? `:${reference}` : ''}`;
      const args = [
        '--insecure-policy',
        '--tmpdir',
        temporary,
        '--override-os',
        'linux',
        '--override-arch',
        'amd64',
      ];
      try {
        await runTool(
          'skopeo',
          [...args, 'copy', '--quiet', from, `oci:${join(partial, 'oci')}:image`],
          progress,
        );
      } catch (error) {
        if (!(error instanceof TrioError) || error.code !== 'TOOL_FAILED') throw error;
        throw new TrioError(
          'BAD_ARCHIVE',
          `cannot read the docker archive ${archive.file}: ${reason(error.message)}`,
          { cause: error },
        );
      }
      await rm(temporary, { recursive: true });
    }),
  );
  return join(dir, 'oci');
}

/** The sentence in skopeo's log line (`time=… level=fatal msg="…"`). */
function reason(log: string): string {
  const message = /level=fatal msg="((?:[^"\\]|\\.)*)"/.exec(log)?.[1];
  return message?.replaceAll('\\"', '"') ?? log;
}
