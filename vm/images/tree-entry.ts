import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import * as tar from 'tar-stream';
import { TrioError } from '../../trio/errors.ts';
import { withFixedDates } from './java-keystore.ts';
import { isLeftOut } from './left-out.ts';

/** One thing in a file tree, as a tar says it. */
export interface TreeEntry {
  /** Without leading `./` and trailing slash; never empty (the root itself is no entry). */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'char' | 'block';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; layers carry no fractions. */
  readonly mtimeS: number;
  /** Bytes of content; 0 for all but files. */
  readonly sizeBytes: number;
  /** A symlink's text, or the path (as in `path`) of a hard link's target. */
  readonly target?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Extended attributes by full name, e.g. `security.capability`. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

type Header = tar.Header;

const types = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
  fifo: 'fifo',
  'character-device': 'char',
  'block-device': 'block',
} as const;
const tarTypes = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  hardlink: 'link',
  fifo: 'fifo',
  char: 'character-device',
  block: 'block-device',
} as const;
const xattrPrefix = 'SCHILY.xattr.';
const javaCertificates = 'etc/ssl/certs/java/cacerts';

/**
 * Yields the entries of a root's tar in their order, without what images leave out. A body that the caller leaves is
 * skipped.
 *
 * @throws TrioError `BAD_TAR` for a broken tar or something in it that a layer cannot say
 */
export async function* readTree(
  tarPath: string,
  leftOut: (path: string, type: string) => boolean = isLeftOut,
): AsyncGenerator<{ entry: TreeEntry; body: AsyncIterable<Uint8Array> }> {
  const input = createReadStream(tarPath, { highWaterMark: 1 << 20 });
  const extract = tar.extract();
  input.on('error', (error) => extract.destroy(error));
  input.pipe(extract);
  try {
    for await (const item of extract) {
      const entry = fromHeader(item.header, tarPath, leftOut);
      const body = readBody(item as AsyncIterable<Uint8Array>, tarPath);
      if (entry) yield { entry, body: entry.path === javaCertificates ? fixDates(body, entry.mtimeS) : body };
      item.resume();
    }
  } catch (error) {
    throw error instanceof TrioError ? error : unreadable(tarPath, error);
  } finally {
    input.destroy();
  }
}

function unreadable(tarPath: string, error: unknown): TrioError {
  const why = error instanceof Error ? error.message : String(error);
  return new TrioError('BAD_TAR', `cannot read the tar ${tarPath}: ${why}`, { cause: error });
}

/** A body whose errors say which tar it is in: the consumer gets them, not {@link readTree}. */
async function* readBody(body: AsyncIterable<Uint8Array>, tarPath: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unreadable(tarPath, error);
  }
}

async function* fixDates(body: AsyncIterable<Uint8Array>, dateS: number): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  yield withFixedDates(Buffer.concat(parts), dateS * 1000);
}

function fromHeader(
  header: Header,
  tarPath: string,
  leftOut: (path: string, type: string) => boolean,
): TreeEntry | undefined {
  const path = cleanPath(header.name);
  if (path === '' || leftOut(path, header.type)) return undefined;
  const bad = (why: string) => new TrioError('BAD_TAR', `${tarPath}: ${path}: ${why}`);
  const type = types[header.type] as TreeEntry['type'] | undefined;
  if (!type) throw bad(`entry type "${header.type}" is not supported in a layer`);
  const xattrs: Record<string, string> = {};
  for (const [key, value] of Object.entries((header.pax ?? {}) as Record<string, string>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!key.startsWith(xattrPrefix)) continue;
    // tar-stream decodes values as UTF-8; a value that is not would silently become another one.
    if (value.includes('\uFFFD')) throw bad(`the extended attribute ${key} is not text`);
    xattrs[key.slice(xattrPrefix.length)] = value;
  }
  const link = header.linkname;
  return {
    path,
    type,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    mtimeS: Math.floor(header.mtime.getTime() / 1000),
    sizeBytes: type === 'file' ? header.size : 0,
    ...(type === 'symlink' ? { target: link } : {}),
    ...(type === 'hardlink' ? { target: cleanPath(link) } : {}),
    ...(type === 'char' || type === 'block' ? { device: [header.devmajor, header.devminor] as const } : {}),
    ...(Object.keys(xattrs).length > 0 ? { xattrs } : {}),
  };
}

/** `./usr/bin/` → `usr/bin`; the root is the empty string. */
function cleanPath(name: string): string {
  return name
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

/** Adds an entry to a tar being written; `body` (exactly `sizeBytes` bytes) for a file that has any. */
export type AddEntry = (entry: TreeEntry, body?: AsyncIterable<Uint8Array>) => Promise<void>;

/** Writes a tar of what `fill` adds; the same entries and contents give the same bytes. */
export async function writeTree(tarPath: string, fill: (add: AddEntry) => Promise<void>): Promise<void> {
  const pack = tar.pack();
  const file = createWriteStream(tarPath);
  const written = finished(file);
  written.catch((error: unknown) => pack.destroy(error as Error)); // no space left, say: ends a waiting add()
  pack.pipe(file);
  try {
    await fill(async (entry, body) => {
      let sink: ReturnType<typeof pack.entry> | undefined;
      const done = new Promise<void>((resolve, reject) => {
        sink = pack.entry(toHeader(entry), (error) => (error ? reject(error) : resolve()));
      });
      if (!sink) throw new Error('no sink');
      if (entry.type !== 'file') return done;
      done.catch(() => {}); // reported below, when it is awaited
      for await (const chunk of body ?? [])
        if (!sink.write(chunk)) await Promise.race([once(sink, 'drain'), done]);
      sink.end(null);
      return done;
    });
    pack.finalize();
  } catch (error) {
    pack.destroy(null);
    file.destroy();
    await written.catch(() => {});
    throw file.errored ?? error;
  }
  await written;
}

function toHeader(entry: TreeEntry): Partial<Header> & { name: string } {
  const pax = Object.entries(entry.xattrs ?? {}).map(([key, value]) => [`${xattrPrefix}${key}`, value]);
  return {
    name: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    type: tarTypes[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.sizeBytes,
    mtime: new Date(entry.mtimeS * 1000),
    ...(entry.target === undefined ? {} : { linkname: entry.target }),
    ...(entry.device ? { devmajor: entry.device[0], devminor: entry.device[1] } : {}),
    ...(pax.length > 0 ? { pax: Object.fromEntries(pax) as unknown } : {}),
  };
}
