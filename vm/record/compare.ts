import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { TrioError } from '../../trio/errors.ts';
import { figuresSchema, type Figures } from '../e2e/figures.ts';
import { parseFacts, type ImageFacts } from '../../trio/image/facts.ts';
import { mainFile, type Part } from './parts.ts';
import { erofsSummarySchema, memorySummarySchema, summarySchema, type Summary } from './summary.ts';

/** Of the environment: what is installed. */
const packagesFile = 'packages.txt';

/** By how much counts may differ when packages have changed, as a part of the recorded ones. */
export const driftBounds = { counts: 0.05, times: 0.15 } as const;

/** One number that is too far from the recorded one. */
export interface Deviation {
  readonly what: string;
  readonly recorded: number;
  readonly found: number;
}

/** How a new recording of a part compares with the golden one. */
export interface Comparison {
  readonly part: Part;
  /**
   * - `identical`: same environment, same bytes;
   * - `different`: same environment, other bytes: something is not deterministic, or the testbed itself was changed;
   * - `unchanged`: another environment, and all that was recorded in it is the same, to the byte;
   * - `drift`: another environment, all counts within bounds;
   * - `out of bounds`: another environment, some are not.
   */
  readonly verdict: 'identical' | 'different' | 'unchanged' | 'drift' | 'out of bounds';
  /** Files that differ (only looked for in the same environment). */
  readonly files: readonly string[];
  /** What in the part's main file differs (only looked for in the same environment): `name: before → now`. */
  readonly values: readonly string[];
  /** What of the environment changed: `name: before → now`. */
  readonly changes: readonly string[];
  readonly deviations: readonly Deviation[];
}

/**
 * Compares a part that was recorded again with the golden one.
 *
 * @param files  names of the part's files, as recorded now
 * @throws TrioError `GOLDEN_MISSING`, `BAD_GOLDEN`
 */
export async function comparePart(
  part: Part,
  golden: string,
  fresh: string,
  files: readonly string[],
): Promise<Comparison> {
  const before = await readCounted(part, golden);
  const now = await readCounted(part, fresh);
  const changes = [
    ...differences(before.environment, now.environment),
    ...(part === 'traces' ? packageChanges(await lines(golden), await lines(fresh)) : []),
  ];
  if (changes.length === 0) {
    const differing: string[] = [];
    for (const name of files)
      if (!(await content(golden, name)).equals(await content(fresh, name))) differing.push(name);
    const verdict = differing.length === 0 ? 'identical' : 'different';
    const values = differences(before.all, now.all);
    return { part, verdict, files: differing, values, changes, deviations: [] };
  }
  if (await isUnchanged(part, { before, now }, { golden, fresh }, files))
    return { part, verdict: 'unchanged', files: [], values: [], changes, deviations: [] };
  const deviations = deviationsOf(before.counts, now.counts);
  const verdict = deviations.length === 0 ? 'drift' : 'out of bounds';
  return { part, verdict, files: [], values: [], changes, deviations };
}

/** Whether all but the environment is the same. An image's facts are of nothing else. */
async function isUnchanged(
  part: Part,
  { before, now }: Readonly<{ before: Counted; now: Counted }>,
  { golden, fresh }: Readonly<{ golden: string; fresh: string }>,
  files: readonly string[],
): Promise<boolean> {
  if (part === 'image') return false;
  const [was, is] = [before, now].map(({ all }) =>
    JSON.stringify({ ...(all as object), environment: undefined }),
  );
  if (was !== is) return false;
  for (const name of files)
    if (name !== mainFile(part) && name !== packagesFile)
      if (!(await content(golden, name)).equals(await content(fresh, name))) return false;
  return true;
}

/**
 * How many samples a part was recorded with; undefined where there are none to be had.
 *
 * @throws TrioError `GOLDEN_MISSING`, `BAD_GOLDEN`
 */
export async function recordedSamples(part: Part, golden: string): Promise<number | undefined> {
  if (!mainFile(part).startsWith('figures-')) return undefined;
  const { all } = await readCounted(part, golden);
  return figuresSchema.parse(all).results[0]?.samples?.count ?? 1;
}

/** What a part says in numbers, under names for people. */
interface Counted {
  readonly all: unknown;
  readonly environment: unknown;
  readonly counts: ReadonlyMap<string, number>;
}

async function readCounted(part: Part, folder: string): Promise<Counted> {
  const name = mainFile(part);
  const text = (await content(folder, name)).toString();
  if (part === 'image') {
    const facts = parseFacts(text, join(folder, name));
    return { all: facts, ...imageCounts(facts) };
  }
  try {
    const all: unknown = JSON.parse(text);
    return { all, ...countedIn(part, all) };
  } catch (cause) {
    throw new TrioError('BAD_GOLDEN', `${join(folder, name)} cannot be read: ${String(cause)}`, { cause });
  }
}

function countedIn(part: Part, text: unknown): Omit<Counted, 'all'> {
  if (part === 'traces') {
    const summary = summarySchema.parse(text);
    return { environment: summary.environment, counts: traceCounts(summary) };
  }
  if (part === 'erofs') {
    const { environment, starts } = erofsSummarySchema.parse(text);
    return { environment, counts: new Map(readyTimes(starts)) };
  }
  if (part === 'memory') {
    const { environment, starts, limited } = memorySummarySchema.parse(text);
    const counts = new Map([['pages that came in again', limited.refaultPages], ...readyTimes(starts)]);
    return { environment, counts };
  }
  const figures = figuresSchema.parse(text);
  return { environment: figures.environment, counts: figureCounts(figures) };
}

function imageCounts({ plain, estargz }: ImageFacts): Omit<Counted, 'all'> {
  const bytes = (layers: readonly { readonly bytes: number }[]) =>
    layers.reduce((sum, layer) => sum + layer.bytes, 0);
  return {
    environment: { plain: plain.digest, estargz: estargz.digest },
    counts: new Map([
      ['bytes of the layers', bytes(plain.layers)],
      ['bytes of the layers as eStargz', bytes(estargz.layers)],
      ['entries of the layers', plain.layers.reduce((sum, { entries }) => sum + entries.length, 0)],
    ]),
  };
}

function traceCounts({ runtimeImage, completeness, starts }: Summary): Map<string, number> {
  return new Map([
    ['pages of the runtime image', runtimeImage.pages],
    ['files of the runtime image', runtimeImage.files],
    ['demanded pages', completeness.demandedPages],
    ...readyTimes(starts),
  ]);
}

function readyTimes(starts: Summary['starts']): [string, number][] {
  return starts.map(({ name, readyNs }) => [`time to ready of the start "${name}", ns`, readyNs]);
}

function figureCounts({ results }: Figures): Map<string, number> {
  return new Map(
    results.flatMap(({ system, totalNs, registry, net, neededBytes }): [string, number][] => [
      [`${system}: needed bytes`, neededBytes],
      [`${system}: registry requests`, registry.requests],
      [`${system}: registry bytes`, registry.bytes],
      [`${system}: packets received`, net.rxPackets],
      [`${system}: total time, ns`, totalNs],
    ]),
  );
}

function deviationsOf(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): Deviation[] {
  return [...before].flatMap(([what, recorded]) => {
    const found = now.get(what) ?? Number.NaN;
    const bound = what.includes('time') ? driftBounds.times : driftBounds.counts;
    // Written so that NaN, a number that is not there any more, is a deviation.
    return Math.abs(found - recorded) <= bound * recorded ? [] : [{ what, recorded, found }];
  });
}

/** The values that differ in two JSON values, by their paths. */
function differences(before: unknown, now: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (!isRecord(before) || !isRecord(now)) return [`${path}: ${text(before)} → ${text(now)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return keys.flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function packageChanges(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...before.keys(), ...now.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== now.get(name))
    .map((name) => `package ${name}: ${before.get(name) ?? 'none'} → ${now.get(name) ?? 'none'}`);
}

/** `guest NAME VERSION` a line → `guest NAME`: version. */
async function lines(folder: string): Promise<ReadonlyMap<string, string>> {
  const list = (await content(folder, packagesFile)).toString().trim().split('\n');
  return new Map(
    list.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

/** A file without its compression: how well zstd compresses is no part of the truth. */
async function content(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TrioError('GOLDEN_MISSING', `${path} is missing: record it with npm run golden:record`, {
      cause,
    });
  });
  return name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
}
