import fc from 'fast-check';
import type { Flow } from '../../sim/engine/process.ts';
import { Process } from '../../sim/engine/process.ts';
import type { LoggedRequest } from '../../sim/net/registry.ts';
import type { Image } from '../../sim/systems/image.ts';
import type { RootFs } from '../../sim/systems/rootfs.ts';

export interface DrawnRead {
  /** Among the image's files, counted around. */
  readonly file: number;
  readonly page: number;
  readonly pages: number;
}

/** Reads anywhere, in groups; those of a group are made at the same time. */
export const drawnReads: fc.Arbitrary<DrawnRead[][]> = fc.array(
  fc.array(fc.record({ file: fc.nat(20), page: fc.nat(1000), pages: fc.integer({ min: 1, max: 32 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  { minLength: 1, maxLength: 6 },
);

/** Does them, each cut to its file. */
export function* doReads(rootFs: RootFs, image: Image, groups: readonly (readonly DrawnRead[])[]): Flow {
  const files = [...image.regularFiles()];
  for (const group of groups) {
    const reads = group.map(({ file: number, page, pages }) => {
      const file = files[number % files.length]!;
      const end = Math.ceil(file.bytes / 4096);
      const first = page % end;
      return new Process(rootFs.read(file, first, Math.min(pages, end - first)));
    });
    for (const { end } of reads) yield end;
  }
}

/** Bytes of each blob that were asked for more than once. */
export function fetchedTwice(requests: readonly LoggedRequest[]): string[] {
  const twice: string[] = [];
  const byPath = Map.groupBy(requests, ({ path }) => path);
  for (const [path, ofPath] of byPath) {
    const ranges = ofPath.map(({ range }) => range.replace('bytes=', '').split('-').map(Number));
    ranges.sort(([a = 0], [b = 0]) => a - b);
    for (const [i, [first = 0]] of ranges.entries())
      if (i > 0 && first <= ranges[i - 1]![1]!) twice.push(`${path} ${first}`);
  }
  return twice;
}
