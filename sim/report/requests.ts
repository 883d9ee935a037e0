import type { LoggedRequest } from '../net/registry.ts';

/** A request in a few words: what it is for, and the digest's beginning. */
export function requestName({ method, path }: Pick<LoggedRequest, 'method' | 'path'>): string {
  const [, kind = '', reference = ''] = /\/(manifest|blob)s\/(?:sha256:)?(.+)$/.exec(path) ?? [];
  return kind === '' ? `${method} ${path}` : `${method} ${kind} ${reference.slice(0, 12)}`;
}
