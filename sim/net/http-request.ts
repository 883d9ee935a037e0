import type { ByteRange } from './byte-range.ts';

/** What a client asks a registry for. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  /** None: all of it. */
  readonly ranges: readonly ByteRange[];
}
