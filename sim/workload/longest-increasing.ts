/**
 * The indices of a longest strictly increasing subsequence of `values`, in order; negative values are left out.
 * Patience sorting, O(n log n).
 */
export function longestIncreasing(values: ArrayLike<number>): number[] {
  /** By length, the index at which the subsequence of that length with the smallest end ends. */
  const ends: number[] = [];
  const before = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < 0) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[ends[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = i;
  }
  const found: number[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]!) found.push(i);
  return found.reverse();
}
