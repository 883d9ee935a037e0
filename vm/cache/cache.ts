import { createHash } from 'node:crypto';
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import type { Progress } from '../progress.ts';
import { onInterrupt } from '../interrupt.ts';
import { takeLock } from './lock.ts';

/** Names one thing that can be built: the same recipe always names the same directory. */
export interface CacheEntry {
  /** What sort of thing it is: the folder in the cache, e.g. `guest-root`. */
  readonly kind: string;
  /** For people; part of the folder's name. */
  readonly name: string;
  /** Everything that the result depends on, as JSON; its hash is the address. */
  readonly recipe: unknown;
}

/** The cache directory: `$TRIO_CACHE`, else `$XDG_CACHE_HOME/trio`, else `~/.cache/trio`. */
export function cacheRoot(): string {
  const own = process.env['TRIO_CACHE'];
  if (own) return resolve(own);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'trio');
}

/** SHA-256 in hex of a value as canonical JSON (object keys sorted, so that their order cannot matter). */
export function recipeHash(recipe: unknown): string {
  const canonical = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(canonical);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value as Record<string, unknown>).filter(([, v]) => v !== undefined);
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, canonical(v)]),
    );
  };
  return createHash('sha256')
    .update(JSON.stringify(canonical(recipe)))
    .digest('hex');
}

/** Where an entry lives, whether it is there or not. */
export function entryPath(entry: CacheEntry): string {
  return join(cacheRoot(), entry.kind, `${entry.name}-${recipeHash(entry.recipe).slice(0, 16)}`);
}

/** What this process is building now. */
const inFlight = new Map<string, Promise<string>>();

/**
 * Returns the entry's directory, building it first when it is not there.
 *
 * `build` fills the directory it is given; only a finished build gets the entry's name (a rename after `sync`), so a
 * crash at any moment leaves nothing that could be taken for a result. Concurrent callers, in this process or
 * another, wait for the one that builds.
 */
export function cached(
  entry: CacheEntry,
  progress: Progress,
  build: (dir: string) => Promise<void>,
): Promise<string> {
  const path = entryPath(entry);
  let building = inFlight.get(path);
  if (!building) {
    building = buildOnce(entry, path, progress, build).finally(() => inFlight.delete(path));
    inFlight.set(path, building);
  }
  return building;
}

async function buildOnce(
  entry: CacheEntry,
  path: string,
  progress: Progress,
  build: (dir: string) => Promise<void>,
): Promise<string> {
  if (await exists(path)) return path;
  const release = await takeLock(`${path}.lock`, () =>
    progress.say(`waiting: another run is building ${entry.kind} ${entry.name}`),
  );
  try {
    if (await exists(path)) return path;
    const partial = `${path}.partial`;
    const discard = () => rm(partial, { recursive: true, force: true });
    await discard(); // what a killed run left behind
    await mkdir(partial, { recursive: true });
    const forget = onInterrupt(discard);
    try {
      await build(partial);
      await writeFile(join(partial, 'recipe.json'), `${JSON.stringify(entry.recipe, null, 2)}\n`);
      await syncDirectory(partial);
      await rename(partial, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      await discard();
      throw diskError(error) ?? error;
    } finally {
      forget();
    }
    return path;
  } finally {
    await release();
  }
}

/** The same failure said in the user's terms when the disk is full; undefined for any other. */
function diskError(error: unknown): TrioError | undefined {
  const text = error instanceof Error ? error.message : String(error);
  if (!/ENOSPC|No space left on device|EDQUOT|Disk quota exceeded/i.test(text)) return undefined;
  return new TrioError('DISK_FULL', `no space left for the cache in ${cacheRoot()} (TRIO_CACHE moves it)`, {
    cause: error,
  });
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether the path is there. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
