import { createHash } from 'node:crypto';

/** What a synthetic file holds; it decides how the layer compresses. */
export type Content = 'literals' | 'words' | 'pause';

/** One file of a synthetic layer. */
export interface SyntheticFile {
  readonly path: string;
  readonly content: Content;
  /** Of the file; a `pause` is as large as the program. */
  readonly bytes: number;
}

/** An image made for the calibration: each layer is a list of files. */
export interface SyntheticImage {
  readonly name: string;
  readonly layers: readonly (readonly SyntheticFile[])[];
}

const kib = 1024;
const mib = 1024 * kib;

/** All synthetic images. Each varies one thing; vm/calibrate/in-guest.ts says which of them are only checks. */
export const syntheticImages: readonly SyntheticImage[] = [
  ...[1, 4, 8].map((size) => oneLayer(`words-${size}`, [file('words', 'words', size * mib)])),
  oneLayer('literals-8', [file('literals', 'literals', 8 * mib)]),
  ...[100, 400, 1000].map((count) => oneLayer(`small-${count}`, many(`many-${count}`, count))),
  ...[1, 4, 8].map((count) => ({
    name: `layers-${count}`,
    layers: Array.from({ length: count }, (_, layer) => [
      file(`layer-${layer}`, 'words', kib),
      ...(layer === 0 ? [file('pause', 'pause', 0)] : []),
    ]),
  })),
  // What `micro fuse` reads.
  oneLayer('fuse', [
    ...[50, 100, 400].flatMap((count) => many(`many-${count}`, count)),
    ...[64, 1024, 4096].map((size) => file(`chunk-${size}`, 'words', size * kib)),
    file('big', 'words', 16 * mib),
  ]),
];

function oneLayer(name: string, files: readonly SyntheticFile[]): SyntheticImage {
  return { name, layers: [files] };
}

function file(path: string, content: Content, bytes: number): SyntheticFile {
  return { path, content, bytes };
}

function many(folder: string, count: number): SyntheticFile[] {
  return Array.from({ length: count }, (_, i) => file(`${folder}/file-${i}`, 'words', kib));
}

/** Bytes that the seed decides. */
export function contentOf(content: Exclude<Content, 'pause'>, bytes: number, seed: string): Buffer {
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

/** Drawn from a vocabulary of a thousand: compresses about as programs do. */
function words(bytes: number, seed: string): Buffer {
  const vocabulary = Array.from({ length: 1000 }, (_, i) => randomBytes(3 + (i % 14), `word ${i}`));
  const draws = randomBytes(bytes, seed);
  const result = Buffer.alloc(bytes);
  for (let at = 0, i = 0; at < bytes; i += 2) {
    const word = vocabulary[draws.readUInt16LE(i % (bytes - 1)) % vocabulary.length];
    at += word?.copy(result, at) ?? 0;
  }
  return result;
}
