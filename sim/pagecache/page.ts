/** Pages of all guests are 4 KiB. */
export const pageShift = 12;
export const pageBytes = 2 ** pageShift;

/** The page that holds the byte at `posBytes`; exact for any position below 2^53. */
export function pageOf(posBytes: number): number {
  return Math.floor(posBytes / pageBytes);
}

/** The pages that `bytes` from the start of a file touch. */
export function pagesIn(bytes: number): number {
  return Math.ceil(bytes / pageBytes);
}
