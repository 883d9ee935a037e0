/**
 * A path is bytes to the kernel and a string to us. Bytes that are not UTF-8 become lone surrogates, U+DC80 + (byte
 * - 0x80), as in Python's `surrogateescape` (PEP 383): two paths that differ stay different, and {@link pathBytes}
 * gives back the very bytes.
 */
export function pathText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

/** The bytes of a path that {@link pathText} made, or of any other well-formed string. */
export function pathBytes(path: string): Uint8Array {
  if (path.isWellFormed()) return encoder.encode(path);
  const parts: number[] = [];
  for (const char of path) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00);
    else parts.push(...encoder.encode(char));
  }
  return Uint8Array.from(parts);
}

/** What is wrong with a path as one of a file in a container; undefined when nothing is. */
export function pathFault(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'the path is empty';
  if (bytes[0] !== slash) return 'the path is not absolute';
  // Linux counts the NUL that ends it.
  if (bytes.length >= pathBytesMax) return `the path is longer than ${pathBytesMax - 1} bytes`;
  if (bytes.includes(0)) return 'the path has a NUL byte';
  if (bytes.length === 1) return undefined;
  for (let start = 1; start <= bytes.length;) {
    let end = bytes.indexOf(slash, start);
    if (end < 0) end = bytes.length;
    const dots =
      bytes[start] === dot && (end - start === 1 || (end - start === 2 && bytes[start + 1] === dot));
    if (dots) return `the path has a component "${'.'.repeat(end - start)}"`;
    if (end === start) return 'the path has an empty component';
    start = end + 1;
  }
  return undefined;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const slash = 0x2f;
const dot = 0x2e;
/** PATH_MAX of Linux. */
const pathBytesMax = 4096;

/** The longest well-formed sequences as they are, what is between them byte by byte. */
function escaped(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceBytes(bytes, at);
    if (length > 0) text += strict.decode(bytes.subarray(at, at + length));
    else text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += length || 1;
  }
  return text;
}

/** The length of the UTF-8 sequence that begins there; 0 if none does. */
function sequenceBytes(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
