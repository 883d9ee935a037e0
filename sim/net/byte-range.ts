/** Bytes of a resource, the last one included, as in `Range: bytes=first-last`. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a server answers. */
export interface Answer {
  readonly status: 200 | 206 | 404 | 416;
  readonly bodyBytes: number;
}

/**
 * What Go's http.ServeContent answers for a resource of so many bytes: ranges end where the resource does, one that
 * begins behind it is left out, and if none is left, it is 416. Several come as `multipart/byteranges`; if they add up
 * to more than the resource, it comes whole.
 *
 * @param partBytes  a boundary and the header of a part
 */
export function answerTo(resourceBytes: number, ranges: readonly ByteRange[], partBytes: number): Answer {
  if (ranges.length === 0) return { status: 200, bodyBytes: resourceBytes };
  let bytes = 0;
  let parts = 0;
  for (const { first, last } of ranges) {
    if (!(first >= 0 && last >= first)) throw new Error(`there is no range of bytes ${first}-${last}`);
    if (first >= resourceBytes) continue;
    bytes += Math.min(last + 1, resourceBytes) - first;
    parts++;
  }
  if (parts === 0) return { status: 416, bodyBytes: 0 };
  if (bytes > resourceBytes) return { status: 200, bodyBytes: resourceBytes };
  return { status: 206, bodyBytes: parts === 1 ? bytes : bytes + (parts + 1) * partBytes };
}

/** As in the header and in the registry's log. */
export function rangeText(ranges: readonly ByteRange[]): string {
  return ranges.length === 0 ? '' : `bytes=${ranges.map(({ first, last }) => `${first}-${last}`).join(',')}`;
}
