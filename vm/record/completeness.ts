import { z } from 'zod';
import { sources } from '../../trio/trace/read.ts';
import { decodeRecords } from '../../trio/trace/rich-trace.ts';
import { openTrace } from '../../trio/trace/trace-file.ts';
import type { TouchedPages } from '../../trio/trace/touched-pages.ts';
import { inodeKey, type InodeKey } from './image-inodes.ts';

const count = z.int().nonnegative();
const pageList = z.array(z.strictObject({ path: z.string(), page: count }));

/**
 * Whether a start finds all that it needs in what an earlier start was traced to touch. Without readahead, each page
 * that comes into the page cache was asked for; the kernel counts them, not the tracker.
 */
export const completenessSchema = z.strictObject({
  /** Pages of the image's files that the second start brought into the page cache. */
  demandedPages: count,
  /** Of these, in the runtime image. */
  coveredPages: count,
  /** The others, one by one. */
  missing: pageList,
  /** In the runtime image, but not demanded by the second start. */
  undemanded: pageList,
});

export type Completeness = z.infer<typeof completenessSchema>;

/**
 * @param demandTrace  rich trace of the start without readahead
 * @param image        the image's inodes and the paths that they are seen by
 * @param touched      what the runtime image holds
 */
export async function completeness(
  demandTrace: string,
  image: ReadonlyMap<InodeKey, readonly string[]>,
  touched: TouchedPages,
): Promise<Completeness> {
  const demanded = new Map<string, Set<number>>();
  await decodeRecords(sources(await openTrace(demandTrace)), {
    insert({ dev, ino, index, order }) {
      const paths = image.get(inodeKey(dev, ino));
      if (!paths) return;
      // Hard links: the name that the tracker saw, if it saw one.
      const path = paths.find((name) => touched.byPath.has(name)) ?? paths[0] ?? `inode ${dev}:${ino}`;
      const pages = demanded.get(path) ?? new Set();
      demanded.set(path, pages);
      for (let page = index; page < index + 2 ** order; page++) pages.add(page);
    },
  });
  const missing = differences(demanded, touched.byPath);
  const undemanded = differences(touched.byPath, demanded);
  const demandedPages = [...demanded.values()].reduce((sum, pages) => sum + pages.size, 0);
  return { demandedPages, coveredPages: demandedPages - missing.length, missing, undemanded };
}

type Pages = ReadonlyMap<string, ReadonlySet<number>>;

/** Pages in `a` that are not in `b`, in order of path and page. */
function differences(a: Pages, b: Pages): { path: string; page: number }[] {
  return [...a]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([path, pages]) =>
      [...pages]
        .filter((page) => !b.get(path)?.has(page))
        .sort((left, right) => left - right)
        .map((page) => ({ path, page })),
    );
}
