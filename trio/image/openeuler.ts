import { createHash } from 'node:crypto';
import { TrioError } from '../errors.ts';
import type { StartSink } from '../trace/sink.ts';
import { DataWriter } from './data-writer.ts';
import { withDrafts } from './drafts.ts';
import type { Note } from './build.ts';
import { fileType, pageBytes } from './layout.ts';
import { MergedView } from './merged-view.ts';
import { OrderedRanges } from './ordered-ranges.ts';
import type { ReadRequest, Rootfs, TreeNode } from './rootfs.ts';

/** What the published tool never takes in: file systems in memory. */
const leftOut = ['/tmp/', '/proc/', '/sys/'];

/** The pair of files that openEuler's kernel mounts, as published: each is named by its SHA-256 (hex). */
export interface OpenEulerPair {
  readonly metaName: string;
  readonly dataName: string;
  readonly files: number;
  readonly ranges: number;
  readonly dataBytes: number;
}

/** What a path of the trace leads to. */
interface PublishedFile {
  readonly node: TreeNode;
  /** As the first line says of which something is published. */
  ino: number | undefined;
  readonly ranges: OrderedRanges;
}

/**
 * Arranges a trace as openEuler's tool is published to do. Files are told apart by their paths, so one that was read
 * by two comes twice; ranges are bytes, not pages. Unlike the tool, a symlink is followed inside the root.
 */
export class PublishedArrangement implements StartSink<PublishedFile | undefined> {
  readonly #view: MergedView;
  readonly #found = new Map<string, PublishedFile | undefined>();
  /** Those of which something is published, in the order of their first lines. */
  readonly #files: PublishedFile[] = [];

  constructor(rootfs: Rootfs) {
    this.#view = new MergedView(rootfs);
  }

  file(path: string): PublishedFile | undefined {
    if (!this.#found.has(path)) this.#found.set(path, this.#find(path));
    return this.#found.get(path);
  }

  access(file: PublishedFile | undefined, ino: number, offsetBytes: number, lengthBytes: number): void {
    if (!file) return;
    const { sizeBytes } = file.node.attributes;
    if (offsetBytes >= sizeBytes) return;
    if (file.ino === undefined) this.#files.push(file);
    file.ino ??= ino;
    file.ranges.add(offsetBytes, Math.min(offsetBytes + lengthBytes, sizeBytes), 0);
  }

  /** Only contents are published. */
  name(): void {}

  /** The metadata's text, and what to read for the data: one range behind the other, each from a page's beginning. */
  arrange(): {
    meta: string;
    requests: readonly ReadRequest[];
    starts: readonly number[];
    dataBytes: number;
  } {
    const requests: ReadRequest[] = [];
    const starts: number[] = [];
    let dataBytes = 0;
    const files = this.#files.map(({ node, ino, ranges }) => {
      const texts = ranges.merged().map(({ start, end }) => {
        const lengthBytes = end - start;
        requests.push({ node, offsetBytes: start, lengthBytes });
        starts.push(dataBytes);
        const text = `${start},${lengthBytes},${dataBytes}`;
        dataBytes += Math.ceil(lengthBytes / pageBytes) * pageBytes;
        return text;
      });
      return `${ino}|${texts.join('+')}`;
    });
    return { meta: files.join('@'), requests, starts, dataBytes };
  }

  #find(path: string): PublishedFile | undefined {
    if (leftOut.some((prefix) => path.startsWith(prefix))) return undefined;
    const found = this.#view.resolve(path, true);
    if (typeof found === 'string' || found.node.type !== fileType.regular) return undefined;
    return { node: found.node, ino: undefined, ranges: new OrderedRanges() };
  }
}

/**
 * Writes the published pair for the start that `feed` tells, into a folder.
 *
 * @throws TrioError `NOTHING_RECORDED` and those of the trace, the root file system and the output
 */
export async function exportOpenEuler(
  rootfs: Rootfs,
  feed: (sink: StartSink) => Promise<void>,
  folder: string,
  note: Note = () => {},
): Promise<OpenEulerPair> {
  const arrangement = new PublishedArrangement(rootfs);
  note('reading the trace');
  await feed(arrangement);
  const { meta, requests, starts, dataBytes } = arrangement.arrange();
  if (requests.length === 0)
    throw new TrioError('NOTHING_RECORDED', 'nothing in the trace is a range of a file of the image');
  return withDrafts(folder, async (create) => {
    const data = await create();
    const writer = new DataWriter(data.file);
    await data.file.truncate(dataBytes); // what is not written is zero: the padding
    const doneBytes = new Float64Array(requests.length);
    let allBytes = 0;
    await rootfs.read(requests, (index, piece) => {
      const done = doneBytes[index] ?? 0;
      writer.write((starts[index] ?? 0) + done, piece);
      doneBytes[index] = done + piece.length;
      note(`packing: ${((allBytes += piece.length) / 1e6).toFixed(0)} of ${(dataBytes / 1e6).toFixed(0)} MB`);
    });
    const dataName = writer.finish(dataBytes).toString('hex');
    const metaName = createHash('sha256').update(meta).digest('hex');
    const metaDraft = await create();
    await metaDraft.file.writeFile(meta);
    await data.settle();
    await metaDraft.settle();
    data.publish(dataName);
    metaDraft.publish(metaName);
    return { metaName, dataName, files: meta.split('@').length, ranges: requests.length, dataBytes };
  });
}
