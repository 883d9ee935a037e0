import { readFile } from 'node:fs/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import type { RecordView } from '../../trio/trace/record-views.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { sources } from '../../trio/trace/read.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import { inodeKey, type InodeKey } from './image-inodes.ts';
import { page, record, recordType } from '../../trio/trace/records.ts';

const { DELETE, FAULT, INSERT, OPEN, READ, SWITCH, WAKE } = recordType;

/** Which records of a traced start a golden trace keeps. */
export type Selection = (record: RecordView) => boolean;

/** What a start did, without when its threads ran (its times are no measurement), and what the page cache did with it. */
export function accessesOf(image: ReadonlySet<InodeKey>): Selection {
  const pages = pagesOf(image);
  return (view) => (isPage(view) ? pages(view) : view.type !== SWITCH && view.type !== WAKE);
}

/** The same, with all that the container's tasks put in the page cache, before they were the container's too. */
export async function accessesOfGroup(path: string, image: ReadonlySet<InodeKey>): Promise<Selection> {
  const tasks = new Set<number>();
  await decodeRecords(sources(await openTrace(path)), {
    each(view) {
      if (view.type === READ || view.type === FAULT) tasks.add(view.tgid);
    },
  });
  const accesses = accessesOf(image);
  return (view) => accesses(view) || (view.type === INSERT && tasks.has(view.tgid));
}

/** What came into the page cache, and left it, of the image's files. */
export function pagesOf(image: ReadonlySet<InodeKey>): Selection {
  return (view) => isPage(view) && image.has(inodeKey(view.raw.u32(page.dev), view.raw.u64(page.ino, 'ino')));
}

/** The same, with the opens that name the inodes. */
export function pagesAndOpensOf(image: ReadonlySet<InodeKey>): Selection {
  const pages = pagesOf(image);
  return (view) => view.type === OPEN || pages(view);
}

/** What a start did and when; nothing came into the page cache. */
export const timesOf: Selection = (view) => !isPage(view);

function isPage(view: RecordView): boolean {
  return view.type === INSERT || view.type === DELETE;
}

/**
 * A stream with the selected records of a trace of one CPU, numbered anew. The loss of records is looked for before:
 * it cannot be seen any more.
 */
export async function selectRecords(path: string, selection: Selection): Promise<Buffer> {
  const parts: Buffer[] = [];
  const take = ({ raw }: RecordView) => {
    const bytes = Buffer.from(raw.bytes.subarray(raw.at, raw.at + raw.sizeBytes));
    bytes.writeUInt32LE(parts.length, record.seq.offset);
    parts.push(bytes);
  };
  const first = await readFile(path);
  parts.push(first.subarray(0, first.readUInt16LE(record.size.offset)));
  await decodeRecords(sources(await openTrace(path)), {
    each(view) {
      if (selection(view)) take(view);
    },
  });
  return Buffer.concat(parts);
}

/** As golden files are compressed: they are made once and read often. */
export function compress(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}
