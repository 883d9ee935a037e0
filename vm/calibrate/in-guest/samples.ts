import { readFileSync } from 'node:fs';

/** What the host says of each image: `CalibrationImage`, as far as it is needed here. */
export interface Image {
  readonly name: string;
  readonly check: boolean;
  readonly configs: readonly Blob[];
  readonly tags: Readonly<Record<'plain' | 'estargz', { readonly layers: readonly Blob[] }>>;
  readonly quantities: {
    readonly layers: number;
    readonly files: number;
    readonly compressedBytes: number;
    readonly bytes: number;
  };
  readonly estargz: readonly {
    readonly entries: number;
    readonly tocBytes: number;
    readonly chunks: readonly {
      readonly path: string;
      readonly offset: number;
      readonly bytes: number;
      readonly compressedBytes: number;
    }[];
  }[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

export type Quantities = Readonly<Record<string, number>>;

export const imagesFile = 'images.json';
const images = JSON.parse(readFileSync(imagesFile, 'utf8')) as readonly Image[];

/** Bytes of each blob in the registry. */
export const blobBytes: ReadonlyMap<string, number> = new Map(
  images.flatMap(({ configs, tags }) =>
    [...configs, ...tags.plain.layers, ...tags.estargz.layers].map(
      ({ digest, size }) => [digest, size] as const,
    ),
  ),
);

export function imageNamed(name: string): Image {
  const image = images.find((each) => each.name === name);
  if (!image) throw new Error(`images.json lacks ${name}`);
  return image;
}

export function imagesNamed(prefix: string): Image[] {
  return images.filter(({ name }) => name.startsWith(prefix));
}

/** Prints a sample: of several runs the one in the middle, with what was done in it. */
export function report(series: string, check: boolean, runs: readonly { x: Quantities; ns: number }[]): void {
  const sorted = [...runs].sort((a, b) => a.ns - b.ns);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (!middle) throw new Error(`${series}: nothing was measured`);
  process.stdout.write(`${JSON.stringify({ series, ...middle, check })}\n`);
}

/** Sums up, quantity by quantity. */
export function sum(...all: readonly Quantities[]): Quantities {
  const total: Record<string, number> = {};
  for (const x of all)
    for (const [name, count] of Object.entries(x)) total[name] = (total[name] ?? 0) + count;
  return total;
}
