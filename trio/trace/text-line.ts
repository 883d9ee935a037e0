/**
 * A line of the published text trace, with its line break. Undefined for a path that has one itself: the format has no
 * way to write it.
 */
export function textLine(
  path: string,
  ino: number,
  offsetBytes: number,
  lengthBytes: number,
): string | undefined {
  return path.includes('\n') ? undefined : `${path},${ino},${offsetBytes},${lengthBytes}\n`;
}
