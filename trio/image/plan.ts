import { extentPagesMax } from './layout.ts';
import type { RecordedFile } from './recording.ts';
import type { TreeNode } from './rootfs.ts';

/** In which order files' pages lie in the data. */
export const dataOrders = ['first-access', 'published'] as const;
export type DataOrder = (typeof dataOrders)[number];

/** Pages of a file and where in the data they go. */
export interface PlannedExtent {
  readonly node: TreeNode;
  readonly filePage: number;
  readonly pageCount: number;
  readonly dataPage: number;
}

/** The data of a runtime image, before anything is copied. */
export interface Plan {
  /** In the order of the data, without gaps. */
  readonly extents: readonly PlannedExtent[];
  readonly files: readonly RecordedFile[];
  readonly pages: number;
}

/**
 * Lays out the recorded pages. `first-access`: runs of pages in the order in which the start first touched any page
 * of them, so that data which arrives from its beginning arrives in the order of use. `published`: files by their
 * first appearance, each from its beginning.
 */
export function planData(files: readonly RecordedFile[], order: DataOrder): Plan {
  const runs = files.flatMap(({ node, ranges }) => ranges.merged().map((range) => ({ node, ...range })));
  // The sort is stable, and no two files share an access: the order is total.
  if (order === 'first-access') runs.sort((a, b) => a.order - b.order);
  const extents: PlannedExtent[] = [];
  let dataPage = 0;
  for (const { node, start, end } of runs)
    for (let filePage = start; filePage < end;) {
      const next = Math.min(end, (Math.floor(filePage / extentPagesMax) + 1) * extentPagesMax);
      const pageCount = next - filePage;
      extents.push({ node, filePage, pageCount, dataPage });
      dataPage += pageCount;
      filePage = next;
    }
  return { extents, files, pages: dataPage };
}
