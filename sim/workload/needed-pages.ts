import { pageOf, pagesIn } from '../pagecache/page.ts';
import type { Program } from './program.ts';
import { stepKind } from './steps.ts';

/** The pages [first, end) of its file that a step cannot do without; undefined: none. */
export function pagesOf(
  { kind, page, posBytes, countBytes, inodeBytes }: Program,
  step: number,
): { first: number; end: number } | undefined {
  const what = kind[step];
  if (what === stepKind.fault || what === stepKind.readPage)
    return { first: page[step]!, end: page[step]! + 1 };
  if (what !== stepKind.read && what !== stepKind.splice) return undefined;
  const endBytes = Math.min(posBytes[step]! + countBytes[step]!, inodeBytes[step]!);
  return endBytes > posBytes[step]! ? { first: pageOf(posBytes[step]!), end: pagesIn(endBytes) } : undefined;
}
