import { createHash } from 'node:crypto';
import { pauseProgram } from './static-programs.ts';

/** What a synthetic file holds; for `literals` and `words` it decides how the layer compresses. */
export type Content = 'literals' | 'words' | 'pause' | 'directory';

/** One file of a synthetic layer. */
export interface SyntheticFile {
  readonly path: string;
  readonly content: Content;
  /** Of the file; a `pause` is as large as the program, a `directory` has none. */
  readonly bytes: number;
}

/** An image made for the calibration: each layer is a list of files. */
export interface SyntheticImage {
  readonly name: string;
  /** What its samples are for: nothing but to hold the fits against. */
  readonly check: boolean;
  readonly layers: readonly (readonly SyntheticFile[])[];
}

const kib = 1024;
const mib = 1024 * kib;

/** What a root file system needs that a container is started in: what runc mounts on, what ctr reads, a program. */
const runnable: readonly SyntheticFile[] = [
  ...['dev', 'proc', 'run', 'sys', 'tmp'].map((path) => file(path, 'directory', 0)),
  ...['passwd', 'group', 'hosts', 'resolv.conf'].map((name) => file(`etc/${name}`, 'words', 300)),
  file('pause', 'pause', 0),
];

/** All synthetic images. Each varies one thing. */
export const syntheticImages: readonly SyntheticImage[] = [
  // Pulled in full. The large ones are as large as layers get.
  ...[1, 4, 8].map((size) => oneLayer(`words-${size}`, [file('words', 'words', size * mib)], size === 4)),
  ...[8, 20, 40].map((size) =>
    oneLayer(`literals-${size}`, [file('literals', 'literals', size * mib)], size === 20),
  ),
  ...[100, 400, 1000].map((count) => oneLayer(`small-${count}`, many('many', count, kib), count === 400)),
  oneLayer('tree-4000', many('many', 4000, 15 * kib)),
  // Run, from either form.
  ...[1, 4, 8].map((count) => ({
    name: `layers-${count}`,
    check: count === 4,
    layers: Array.from({ length: count }, (_, layer) => [
      ...(layer === 0 ? runnable : []),
      file(`layer-${layer}`, 'words', kib),
    ]),
  })),
  // Pulled lazily: what a table of contents costs, by its entries and by its bytes; the largest are as large as images have.
  ...[10, 100, 400, 1000, 2000, 4000, 16_000].map((count) =>
    oneLayer(`toc-${count}`, many('many', count, 64), count === 400 || count === 2000),
  ),
  oneLayer('toc-long-1000', many('many', 1000, 64, 'x'.repeat(180)), false),
  // First reads of chunks. Each file is a gzip stream of its own; the small ones at the end share what is fetched.
  oneLayer('chunks', [
    file('first', 'words', 4 * kib),
    ...(['words', 'literals'] as const).flatMap((content) =>
      [4, 64, 256, 1024, 4096].map((size) => file(`${content}-${size}`, content, size * kib)),
    ),
    file('words-12288', 'words', 12 * mib),
    ...many('near', 20, 4 * kib),
  ]),
  // What `micro fuse` reads.
  oneLayer('fuse', [
    ...[50, 100, 400].flatMap((count) => many(`many-${count}`, count, kib)),
    file('big', 'words', 16 * mib),
  ]),
  // What `micro overlay` looks up: each layer has a file and a folder of its own, and all have the folders of `all`.
  {
    name: 'overlay',
    check: false,
    layers: Array.from({ length: 8 }, (_, layer) => [
      ...many(`all`, 100, 64, `-${layer}`),
      ...Array.from({ length: 50 }, (__, i) => file(`folders/folder-${i}/file-${layer}`, 'words', 64)),
    ]),
  },
];

function oneLayer(name: string, files: readonly SyntheticFile[], check = false): SyntheticImage {
  return { name, check, layers: [files] };
}

function file(path: string, content: Content, bytes: number): SyntheticFile {
  return { path, content, bytes };
}

function many(folder: string, count: number, bytes: number, suffix = ''): SyntheticFile[] {
  return Array.from({ length: count }, (_, i) => file(`${folder}/file-${i}${suffix}`, 'words', bytes));
}

/** Bytes that the seed decides. */
export function contentOf(content: Content, bytes: number, seed: string): Buffer {
  if (content === 'directory') return Buffer.alloc(0);
  if (content === 'pause') return pauseProgram();
  return content === 'literals' ? literals(bytes, seed) : words(bytes, seed);
}

function randomBytes(bytes: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(seed).digest();
}

/**
 * Compress to four fifths by the frequency of bytes alone. Not random: deflate stores what it cannot compress, and
 * unpacks that at the cost of a copy.
 */
function literals(bytes: number, seed: string): Buffer {
  const result = randomBytes(bytes, seed);
  const mask = randomBytes(bytes, `${seed} mask`);
  for (let i = 0; i < bytes; i++) result[i] = (result[i] ?? 0) & (mask[i] ?? 0);
  return result;
}

const vocabulary = Array.from({ length: 1000 }, (_, i) => randomBytes(3 + (i % 14), `word ${i}`));

/** Drawn from a vocabulary of a thousand: compresses about as programs do. */
function words(bytes: number, seed: string): Buffer {
  const draws = randomBytes(Math.max(bytes, 2), seed);
  const result = Buffer.alloc(bytes);
  for (let at = 0, i = 0; at < bytes; i += 2) {
    const word = vocabulary[draws.readUInt16LE(i % (draws.length - 1)) % vocabulary.length];
    at += word?.copy(result, at) ?? 0;
  }
  return result;
}
