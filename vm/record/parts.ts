import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { buildRuntimeImage, metaFile } from '../../trio/image/build.ts';
import { extents, names } from '../../trio/image/contents.ts';
import { readFacts } from '../../trio/image/read-facts.ts';
import { openImage } from '../../trio/image/oci-layout.ts';
import { openLayers } from '../../trio/image/rootfs-oci.ts';
import { openMeta } from '../../trio/image/verify.ts';
import { parseLookups } from '../../trio/trace/block-lookups.ts';
import { readStartTrace } from '../../trio/trace/read.ts';
import { countReclaimed } from '../../trio/trace/reclaimed-pages.ts';
import { pageBytes, TouchedPages } from '../../trio/trace/touched-pages.ts';
import { parseNetwork } from '../../trio/network/profile.ts';
import { environmentOf, runPlan, writeWhole } from '../e2e/run.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import { erofsDisk } from '../images/erofs-disk.ts';
import type { BuiltImage } from '../images/index.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { defaultLimits } from '../qemu/limits.ts';
import type { Qemu } from '../qemu/process.ts';
import type { Traced, TracedStart } from '../guest/protocol.ts';
import { crfsLazy } from '../systems/crfs-lazy.ts';
import { full } from '../systems/full.ts';
import { limitedStarts } from '../memory/starts.ts';
import type { System } from '../systems/system.ts';
import { systems } from '../systems/index.ts';
import { traceOnErofs } from '../trace/erofs.ts';
import { traceImage, trackerPayload } from '../trace/run.ts';
import { defaultStart, demandStart, recordedStarts, variantStarts } from '../trace/starts.ts';
import { completeness } from './completeness.ts';
import { inodeKey, readImageInodes } from './image-inodes.ts';
import {
  accessesOf,
  accessesOfGroup,
  compress,
  pagesAndOpensOf,
  pagesOf,
  selectRecords,
  timesOf,
} from './select-records.ts';
import { erofsSummarySchema, memorySummarySchema, summarySchema, type Summary } from './summary.ts';

/** One workload to record on one guest. */
export interface RecordPlan {
  readonly guest: Guest;
  readonly disk: GuestDisk;
  readonly qemu: Qemu;
  readonly image: BuiltImage;
}

/** Of the perturbations of samples. */
const seed = 'golden';
/** The network of traces, and the one that samples are taken on. */
const mainNet = 'lan10g';
const samplesOnMainNet = 3;

/** Perturbed starts beside each exact one of a network's figures, as `vm:e2e --samples` counts them (1: none). */
export function usualSamples(part: Part): number {
  return part === mainNet ? samplesOnMainNet : 1;
}

/**
 * What can be recorded of a workload: facts of its image, its traces, one on EROFS, those of starts with too little
 * memory, or its figures on one network.
 */
export const parts = ['image', 'traces', 'erofs', 'memory', mainNet, 'lan1g', 'wan100m'] as const;
export type Part = (typeof parts)[number];

/** What is recorded unless parts are named: half its memory is too little for runc's own init if an image needs little. */
export const usualParts = parts.filter((part) => part !== 'memory');

/** The file that each recording of a part has; it names the environment. */
export function mainFile(part: Part): string {
  if (part === 'image') return 'image.json.zst';
  return part === 'traces' || part === 'erofs' || part === 'memory' ? `${part}.json` : `figures-${part}.json`;
}

/**
 * Records a part of a workload's golden files into a folder (see golden/README.md).
 *
 * @param samples  perturbed starts beside each exact one, for figures on a network (1: none)
 * @returns the names of the files written
 * @throws TrioError `TRACE_LOST` when the tracker lost records, and those of traces, images and the VM
 */
export async function recordPart(
  plan: RecordPlan,
  part: Part,
  folder: string,
  progress: Progress,
  samples = usualSamples(part),
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'trio-golden-'));
  const remove = () => rm(work, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    const files = await recordFiles(plan, part, work, samples, progress);
    for (const [name, bytes] of files)
      await writeWhole(join(folder, name), name.endsWith('.zst') ? compress(bytes) : bytes);
    return [...files.keys()];
  } finally {
    forget();
    await remove();
  }
}

/** Golden files by name; those that end in `.zst` are not compressed yet. */
type Files = Map<string, Buffer>;

function recordFiles(
  plan: RecordPlan,
  part: Part,
  work: string,
  samples: number,
  progress: Progress,
): Promise<Files> {
  if (part === 'image') return recordImage(plan, progress);
  if (part === 'erofs') return recordErofs(plan, work, progress);
  if (part === 'memory') return recordMemory(plan, work, progress);
  return part === 'traces'
    ? recordTraces(plan, work, progress)
    : recordFigures(plan, part, work, samples, progress);
}

async function recordImage({ image }: RecordPlan, progress: Progress): Promise<Files> {
  const facts = await progress.stage(`reading the layers of ${image.name}`, () =>
    readFacts(image.layout, image.name, image.readiness.kind, { plain: 'plain', estargz: 'estargz' }),
  );
  return new Map([[mainFile('image'), Buffer.from(`${JSON.stringify(facts)}\n`)]]);
}

async function recordTraces(plan: RecordPlan, work: string, progress: Progress): Promise<Files> {
  const traces = join(work, 'traces');
  const fuse = join(work, 'fuse');
  const sessions = [
    traced(plan, full, recordedStarts, traces, progress),
    traced(plan, crfsLazy, [defaultStart], fuse, progress),
  ] as const;
  await Promise.allSettled(sessions); // no machine is left running behind an error
  const [starts] = await Promise.all(sessions);
  const events = (start: string) => join(traces, start, 'events0');
  const inodes = await readImageInodes(join(traces, 'inodes'));
  const image = new Set(inodes.keys());
  const fuseImage = new Set((await readImageInodes(join(fuse, 'inodes'))).keys());
  const variants = new Map<string, Buffer>();
  for (const { name } of [defaultStart, ...variantStarts])
    variants.set(`${name}.pages.zst`, await selectRecords(events(name), pagesOf(image)));

  const runtime = join(work, 'runtime-image');
  await mkdir(runtime);
  const layers = await openLayers(await openImage(plan.image.layout, 'plain'));
  const report = await progress.stage(`building the runtime image of ${plan.image.name}`, (note) =>
    buildRuntimeImage(
      layers,
      async (sink) => void (await readStartTrace(events('touch'), sink)),
      runtime,
      'first-access',
      note,
    ),
  );
  const payload = await trackerPayload(plan.guest, plan.disk, progress);
  const summary = summarySchema.parse({
    schema: 'trio.golden/1',
    environment: { ...environmentOf(plan, [plan.image]), modules: basename(dirname(payload)) },
    starts: starts.map(timesOfStart),
    runtimeImage: report,
    completeness: await completeness(events(demandStart.name), inodes, await pagesOfImage(runtime)),
  });
  return new Map([
    ['traces.json', json(summary)],
    ['packages.txt', packagesOf(plan)],
    ['trace.txt.zst', await readFile(join(traces, 'touch/trace.txt'))],
    ['touch.trace.zst', await selectRecords(events('touch'), accessesOf(image))],
    ['warm.trace.zst', await selectRecords(events('warm'), timesOf)],
    ...variants,
    ['fuse.pages.zst', await selectRecords(join(fuse, 'default/events0'), pagesAndOpensOf(fuseImage))],
    [`${metaFile}.zst`, await readFile(join(runtime, metaFile))],
  ]);
}

async function recordErofs(plan: RecordPlan, work: string, progress: Progress): Promise<Files> {
  const erofs = await erofsDisk(plan.image, progress);
  const start = await traceOnErofs({ ...plan, limits: defaultLimits, out: work }, erofs, progress);
  requireAll([start]);
  const image = new Set((await readImageInodes(join(work, 'inodes'))).keys());
  const payload = await trackerPayload(plan.guest, plan.disk, progress);
  const summary = erofsSummarySchema.parse({
    schema: 'trio.golden-erofs/1',
    environment: {
      ...environmentOf(plan, [plan.image]),
      modules: basename(dirname(payload)),
      erofs: erofs.facts,
    },
    starts: [timesOfStart(start)],
  });
  return new Map([
    [mainFile('erofs'), json(summary)],
    ['erofs.pages.zst', await selectRecords(join(work, start.name, 'events0'), pagesAndOpensOf(image))],
  ]);
}

async function recordMemory(plan: RecordPlan, work: string, progress: Progress): Promise<Files> {
  const starts = await limitedStarts({ ...plan, limits: defaultLimits, out: work }, progress);
  const { limitPages, retouchIntervalUs, free, retouched, limited, near } = starts;
  requireAll([free, ...retouched, limited, ...near.map(({ start }) => start)]);
  const image = new Set((await readImageInodes(join(work, 'inodes'))).keys());
  const events = ({ name }: Traced) => join(work, name, 'events0');
  const summary = memorySummarySchema.parse({
    schema: 'trio.golden-memory/2',
    environment: {
      ...environmentOf(plan, [plan.image]),
      modules: basename(dirname(await trackerPayload(plan.guest, plan.disk, progress))),
    },
    starts: [free, ...retouched, limited].map(timesOfStart),
    retouchIntervalUs,
    limitPages,
    retouched: retouched.map(({ charges }) => ({ charges })),
    limited: {
      refaultPages: limited.stat['workingset_refault_file'],
      stolenPages: limited.stat['pgsteal'],
    },
    near: await Promise.all(
      near.map(async ({ limitPages: pages, start }) => ({
        limitPages: pages,
        ...(await countReclaimed(events(start), ({ dev, ino }) => image.has(inodeKey(dev, ino)))),
      })),
    ),
  });
  const files: Files = new Map([
    [mainFile('memory'), json(summary)],
    ['limited.pages.zst', await selectRecords(events(limited), pagesAndOpensOf(image))],
  ]);
  for (const start of retouched) {
    const records = await selectRecords(events(start), await accessesOfGroup(events(start), image));
    files.set(`${start.name}.trace.zst`, records);
    const lookups = join(work, start.name, 'lookups.json');
    const parsed = parseLookups(await readFile(lookups, 'utf8'), lookups);
    files.set(`${start.name}.lookups.json.zst`, Buffer.from(JSON.stringify(parsed)));
  }
  return files;
}

/** Makes traced starts under a system. @throws TrioError `TRACE_LOST` */
async function traced(
  plan: RecordPlan,
  system: System,
  starts: readonly TracedStart[],
  out: string,
  progress: Progress,
): Promise<readonly Traced[]> {
  const { rttNs, rateBps, lossRatio } = parseNetwork(mainNet);
  const link = { rttNs, rateBps, lossRatio };
  const traces = { ...plan, system, link, starts, limits: defaultLimits, out };
  const done = await traceImage(traces, progress);
  requireAll(done);
  return done;
}

function requireAll(starts: readonly Traced[]): void {
  const lossy = starts.find(({ drops }) => drops > 0);
  if (lossy)
    throw new TrioError('TRACE_LOST', `the I/O tracker lost ${lossy.drops} records of "${lossy.name}"`);
}

function timesOfStart({ name, startNs, runningNs, readyNs }: Traced): Summary['starts'][number] {
  return { name, runningNs: runningNs - startNs, readyNs: readyNs - runningNs };
}

/** Both halves of the environment's packages, to say which of them changed. */
function packagesOf({ disk, image }: RecordPlan): Buffer {
  const lines = disk.packageManifest
    .trim()
    .split('\n')
    .map((line) => `guest ${line}\n`);
  const own = (image.packages ?? []).map(({ name, version }) => `image ${name} ${version}\n`);
  return Buffer.from([...lines, ...own].join(''));
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

/** The pages that a runtime image holds, by the paths of their files. */
async function pagesOfImage(folder: string): Promise<TouchedPages> {
  const meta = await openMeta(folder);
  const paths = new Map<number, string>();
  for (const { inode, path } of names(meta))
    if (inode !== undefined && !paths.has(inode)) paths.set(inode, path);
  const pages = new TouchedPages();
  for (const { inode, filePage, pageCount } of extents(meta))
    pages.access(pages.file(paths.get(inode) ?? ''), inode, filePage * pageBytes, pageCount * pageBytes);
  return pages;
}

async function recordFigures(
  plan: RecordPlan,
  part: Part,
  work: string,
  samples: number,
  progress: Progress,
): Promise<Files> {
  const { guest, disk, qemu, image } = plan;
  const net = parseNetwork(part);
  const figures = await runPlan(
    {
      ...{ guest, disk, qemu, net, samples, seed, out: work, systems },
      images: [image],
      virtualLimitNs: defaultLimits.virtualNs,
      wallLimitMs: defaultLimits.wallMs,
    },
    progress,
  );
  const files: Files = new Map([[`figures-${part}.json`, json(figures)]]);
  for (const { id } of systems)
    files.set(
      `requests-${part}-${id}.ndjson.zst`,
      await readFile(join(work, image.name, id, 'requests.ndjson')),
    );
  return files;
}
