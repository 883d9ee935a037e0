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
  // Runs in flat arrays: hundreds of thousands of objects would cost more than all else here.
  const count = files.reduce((sum, { ranges }) => sum + ranges.count, 0);
  const fileOf = new Uint32Array(count);
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  const orders = new Float64Array(count);
  let filled = 0;
  for (const [at, { ranges }] of files.entries())
    ranges.forEach((start, end, firstAccess) => {
      fileOf[filled] = at;
      starts[filled] = start;
      ends[filled] = end;
      orders[filled++] = firstAccess;
    });
  const runs = new Uint32Array(count).map((_, run) => run);
  // No two runs share an access: the order is total.
  if (order === 'first-access') runs.sort((a, b) => (orders[a] ?? 0) - (orders[b] ?? 0));
  const extents: PlannedExtent[] = [];
  let dataPage = 0;
  for (const run of runs) {
    const node = (files[fileOf[run] ?? 0] as RecordedFile).node;
    const end = ends[run] ?? 0;
    for (let filePage = starts[run] ?? 0; filePage < end;) {
      const next = Math.min(end, (Math.floor(filePage / extentPagesMax) + 1) * extentPagesMax);
      const pageCount = next - filePage;
      extents.push({ node, filePage, pageCount, dataPage });
      dataPage += pageCount;
      filePage = next;
    }
  }
  return { extents, files, pages: dataPage };
}
