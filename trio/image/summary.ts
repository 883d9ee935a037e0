import { names, type NamedEntry } from './contents.ts';
import * as layout from './layout.ts';
import type { ImageMeta } from './meta-reader.ts';

/** What is in a runtime image, counted. */
export interface ImageSummary {
  readonly imageId: string;
  readonly dataSha256: string;
  readonly pages: number;
  readonly dataBytes: number;
  readonly metaBytes: number;
  readonly extents: number;
  readonly layers: readonly LayerSummary[];
}

export interface LayerSummary {
  readonly diffId: string;
  readonly inodes: number;
  readonly names: number;
  /** Names that the start looked up in the layer, and that it does not have. */
  readonly missingNames: number;
  /** Regular files with recorded pages. */
  readonly files: number;
  readonly pages: number;
}

/** Only for checked metadata. */
export function summarize(meta: ImageMeta): ImageSummary {
  const layers = Array.from({ length: meta.count('layers') }, (_, index) => {
    const u32 = (field: keyof typeof layout.layer.at) => meta.field('layers', layout.layer, index, field);
    const begin = meta.place('layers', index);
    return {
      diffId: `sha256:${meta.bytes.toString('hex', begin, begin + 32)}`,
      inodes: u32('inode_count'),
      names: 0,
      missingNames: 0,
      ...recorded(meta, u32('first_inode'), u32('inode_count')),
    };
  });
  for (const { layer, inode, path } of names(meta)) {
    const of = layers[layer];
    if (!of || path === '/') continue;
    if (inode === undefined) of.missingNames++;
    else of.names++;
  }
  return {
    imageId: `sha256:${meta.imageId.toString('hex')}`,
    dataSha256: `sha256:${meta.dataSha256.toString('hex')}`,
    pages: meta.dataPages,
    dataBytes: meta.dataPages * layout.pageBytes,
    metaBytes: meta.bytes.length,
    extents: meta.count('extents'),
    layers,
  };
}

/** Files with recorded pages among some inodes. */
function recorded(meta: ImageMeta, first: number, count: number): { files: number; pages: number } {
  let files = 0;
  let pages = 0;
  for (let inode = first; inode < first + count; inode++) {
    const ofFile = recordedPages(meta, inode);
    if (ofFile > 0) files++;
    pages += ofFile;
  }
  return { files, pages };
}

/** Recorded pages of an inode. */
export function recordedPages(meta: ImageMeta, inode: number): number {
  const u32 = (field: keyof typeof layout.inode.at) => meta.field('inodes', layout.inode, inode, field);
  if ((u32('mode') & layout.fileType.mask) !== layout.fileType.regular) return 0;
  let pages = 0;
  for (let index = u32('first'); index < u32('first') + u32('count'); index++)
    pages += meta.field('extents', layout.extent, index, 'page_count');
  return pages;
}

/** One line of a listing: layer, mode, owner, size, recorded pages, path. */
export function describeName(meta: ImageMeta, { layer, path, inode }: NamedEntry): string {
  if (inode === undefined) return `${layer} missing ${JSON.stringify(path)}`;
  const u32 = (field: keyof typeof layout.inode.at) => meta.field('inodes', layout.inode, inode, field);
  const size = meta.bytes.readBigUInt64LE(meta.place('inodes', inode) + layout.inode.at.size_bytes);
  const target =
    (u32('mode') & layout.fileType.mask) === layout.fileType.symlink
      ? ` -> ${JSON.stringify(meta.string(u32('first'), u32('count')).toString())}`
      : '';
  const owner = `${u32('uid')}:${u32('gid')}`;
  return `${layer} ${u32('mode').toString(8).padStart(6, '0')} ${owner} ${size} ${recordedPages(meta, inode)} ${JSON.stringify(path)}${target}`;
}
