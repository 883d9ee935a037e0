import picomatch from 'picomatch';
import { usageError } from '../errors.ts';

/** Which paths of a container to take: all of the given conditions hold; an empty list is none. */
export interface PathConditions {
  /** Patterns of which one must match; `*` does not cross a slash, `**` does, and both match hidden files. */
  readonly globs: readonly string[];
  /** Folders (or files) of which the path must be in one. */
  readonly under: readonly string[];
  /** Patterns of which none may match. */
  readonly exclude: readonly string[];
}

/**
 * A function that says whether a path is taken.
 *
 * @throws TrioError `BAD_PATH_CONDITION` for one that no path of a container could meet
 */
export function pathFilter({ globs, under, exclude }: PathConditions): (path: string) => boolean {
  for (const condition of [...globs, ...under, ...exclude])
    if (!condition.startsWith('/') && !condition.startsWith('**'))
      throw usageError('BAD_PATH_CONDITION', `"${condition}" matches no path: they begin with "/"`);
  const included = globs.map(matcher);
  const excluded = exclude.map(matcher);
  const folders = under.map((folder) => folder.replace(/\/+$/, ''));
  // A trace names few files many times.
  const known = new Map<string, boolean>();
  const takes = (path: string) =>
    (included.length === 0 || included.some((matches) => matches(path))) &&
    (folders.length === 0 || folders.some((folder) => path === folder || path.startsWith(`${folder}/`))) &&
    !excluded.some((matches) => matches(path));
  return (path) => {
    let taken = known.get(path);
    if (taken === undefined) known.set(path, (taken = takes(path)));
    return taken;
  };
}

/** A pattern without negation: `--exclude` is that. */
function matcher(glob: string): (path: string) => boolean {
  return picomatch(glob, { dot: true, nonegate: true });
}
