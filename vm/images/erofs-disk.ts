import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { blobPath } from '../../trio/image/oci-layout.ts';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { mkfsErofs } from '../tools/mkfs-erofs.ts';
import { runCommand } from '../tools/tool-root.ts';
import type { BuiltImage } from './built-image.ts';
import { writeLayersTar } from './layers-tar.ts';
import { diskBytes } from './registry-disk.ts';

/** Changes whenever the same layers would give another disk. */
const version = 1;

/**
 * Uncompressed: the kernel decompresses by rules of its own. Dates of files are the layers' (Python looks at them),
 * whiteouts overlayfs's.
 */
const options = [
  ...['--tar=f', '--aufs', '--sort=path'],
  ...['-b', '4096', '-U', '7472696f-0000-4000-8000-00000000e0f5'],
  ...['-T', String(SOURCE_DATE_EPOCH), '--mkfs-time', '--preserve-mtime'],
];

/** What an EROFS disk is made of and with. */
export const erofsFactsSchema = z.strictObject({
  /** What made it: the package and its arguments, without those that name files. */
  mkfs: z.strictObject({ version: z.string(), options: z.array(z.string()) }),
  /** The file system alone, without what fills the disk behind it. */
  fsBytes: z.int().positive(),
  fsSha256: z.string(),
});

export type ErofsFacts = z.infer<typeof erofsFactsSchema>;

/** An image's layers as a disk with an EROFS file system. */
export interface ErofsDisk {
  readonly disk: string;
  /** One of the registry disk's sizes: the machine has it in that one's place. */
  readonly diskBytes: number;
  readonly facts: ErofsFacts;
}

/**
 * Makes, or finds in the cache, the disk with an image's layers, unpacked: one EROFS file system with a folder for each
 * layer, `0` the lowest. The same layers give the same bytes.
 */
export async function erofsDisk(
  image: Pick<BuiltImage, 'name' | 'layout' | 'tags'>,
  progress: Progress,
): Promise<ErofsDisk> {
  const mkfs = await mkfsErofs(progress);
  const { layers } = image.tags.plain;
  const recipe = { layers: layers.map(({ diffId }) => diffId), mkfs: mkfs.version, options, version };
  const dir = await cached({ kind: 'erofs', name: image.name, recipe }, progress, (partial) =>
    progress.stage(`making the EROFS of ${image.name}`, async () => {
      const tar = join(partial, 'layers.tar');
      const blobs = layers.map(({ digest }) => blobPath(image.layout, digest));
      await writeLayersTar(blobs, tar);
      const disk = join(partial, 'disk.img');
      await runCommand('mkfs.erofs', mkfs.command, ['--quiet', ...options, disk, tar]);
      await rm(tar);
      const { size } = await stat(disk);
      const facts: ErofsFacts = {
        mkfs: { version: mkfs.version, options },
        fsBytes: size,
        fsSha256: await sha256(disk),
      };
      await truncate(disk, diskBytes(size));
      await writeFile(join(partial, 'facts.json'), JSON.stringify(facts));
    }),
  );
  const facts = erofsFactsSchema.parse(JSON.parse(await readFile(join(dir, 'facts.json'), 'utf8')));
  return { disk: join(dir, 'disk.img'), diskBytes: diskBytes(facts.fsBytes), facts };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
