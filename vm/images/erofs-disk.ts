import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { blobPath } from '../../trio/image/oci-layout.ts';
import { cached } from '../cache/cache.ts';
import type { Progress } from '../progress.ts';
import { SOURCE_DATE_EPOCH } from '../tools/debian-root.ts';
import { mkfsErofs } from '../tools/mkfs-erofs.ts';
import { runCommand } from '../tools/tool-root.ts';
import type { BuiltImage } from './built-image.ts';
import { diskBytes } from './registry-disk.ts';
import { readTree, writeTree, type AddEntry, type TreeEntry } from './tree-entry.ts';

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

const factsSchema = z.strictObject({
  /** What made it: the package and its arguments, without those that name files. */
  mkfs: z.strictObject({ version: z.string(), options: z.array(z.string()) }),
  /** The file system alone, without what fills the disk behind it. */
  fsBytes: z.int().positive(),
  fsSha256: z.string(),
});

/** What an EROFS disk is made of and with. */
export type ErofsFacts = z.infer<typeof factsSchema>;

export const erofsFactsSchema = factsSchema;

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
      await writeTree(tar, async (add) => {
        for (const [number, { digest }] of layers.entries())
          await addLayer(blobPath(image.layout, digest), String(number), join(partial, 'layer.tar'), add);
      });
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
  const facts = factsSchema.parse(JSON.parse(await readFile(join(dir, 'facts.json'), 'utf8')));
  return { disk: join(dir, 'disk.img'), diskBytes: diskBytes(facts.fsBytes), facts };
}

/** Adds a layer's entries below `folder`. */
async function addLayer(blob: string, folder: string, work: string, add: AddEntry): Promise<void> {
  await pipeline(createReadStream(blob), createGunzip(), createWriteStream(work));
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  await add({ path: folder, type: 'directory', ...owner, mtimeS: SOURCE_DATE_EPOCH, sizeBytes: 0 });
  for await (const { entry, body } of readTree(work, () => false)) await add(below(folder, entry), body);
  await rm(work);
}

function below(folder: string, entry: TreeEntry): TreeEntry {
  const path = `${folder}/${entry.path}`;
  return entry.type === 'hardlink'
    ? { ...entry, path, target: `${folder}/${entry.target}` }
    : { ...entry, path };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
