import { mkdir, open, rename, rm } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import type { GuestDisk } from '../guests/disk.ts';
import type { Guest } from '../guests/guest.ts';
import type { Link, Measured, RegistryRequest, Scenario } from '../guest/protocol.ts';
import type { BuiltImage } from '../images/index.ts';
import type { Progress } from '../progress.ts';
import { cpuModel, icount, ramBytes } from '../qemu/machine.ts';
import type { Qemu } from '../qemu/process.ts';
import { runScenario } from '../qemu/run.ts';
import { template } from '../qemu/template.ts';
import { full } from '../systems/full.ts';
import type { System } from '../systems/system.ts';
import { imageNeeds, type Needs } from '../trace/needs.ts';
import {
  figuresSchema,
  sampledMetrics,
  type Environment,
  type Figures,
  type Result,
  type SampledMetric,
  type Spread,
} from './figures.ts';
import type { NetworkProfile } from '../../trio/network/profile.ts';
import { perturbation, spread } from './samples.ts';

/** What one measured start gave. */
interface Outcome {
  readonly measured: Measured;
  readonly requests: readonly RegistryRequest[];
}

/** What to start, under what, how often. */
export interface Plan {
  readonly guest: Guest;
  readonly disk: GuestDisk;
  readonly qemu: Qemu;
  readonly images: readonly BuiltImage[];
  readonly systems: readonly System[];
  readonly net: NetworkProfile;
  /** 1: the exact run only; N > 1: N perturbed runs beside it. */
  readonly samples: number;
  readonly seed: string;
  /** Folder for logs and results. */
  readonly out: string;
  readonly virtualLimitNs: number;
  readonly wallLimitMs: number;
}

/** Cold-starts every image under every system and returns the figures; logs and `results.json` go to `plan.out`. */
export async function runPlan(plan: Plan, progress: Progress): Promise<Figures> {
  // Each machine keeps one core busy and may touch all of its memory.
  const parallel = Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / (1.5 * ramBytes))));
  const limit = pLimit(parallel);
  // Booted before the machines that resume it need the cores.
  for (const { registryDiskBytes } of plan.images)
    await template(plan.disk, plan.qemu, registryDiskBytes, progress);
  const jobs = plan.images.flatMap((image) => {
    let made: Promise<Needs> | undefined;
    const needs = () => (made ??= limit(() => needsOf(plan, image, progress)));
    return plan.systems.map((system) => startOne(plan, image, system, needs, limit, progress));
  });
  const settled = await Promise.allSettled(jobs);
  const results = settled.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  const figures = figuresSchema.parse({
    schema: 'trio.e2e/1',
    environment: { ...environmentOf(plan, plan.images), net: plan.net },
    results,
  } satisfies Figures);
  const text = `${JSON.stringify(figures, null, 2)}\n`;
  const failure = settled.find((outcome) => outcome.status === 'rejected');
  if (failure) {
    // What was measured before is kept, under a name that nobody takes for the whole.
    if (results.length > 0) await writeWhole(join(plan.out, 'incomplete.json'), text);
    throw failure.reason;
  }
  await writeWhole(join(plan.out, 'results.json'), text);
  return figures;
}

/** All that results depend on but the network. */
export function environmentOf(
  plan: Pick<Plan, 'guest' | 'disk' | 'qemu'>,
  images: readonly Pick<BuiltImage, 'name' | 'tags'>[],
): Omit<Environment, 'net'> {
  return {
    guest: plan.guest.id,
    kernel: plan.disk.kernelRelease,
    packageManifestSha256: plan.disk.packageManifestSha256,
    guestDiskSha256: plan.disk.contentSha256,
    images: Object.fromEntries(
      images.map(({ name, tags }) => [
        name,
        { plain: tags.plain.manifestDigest, estargz: tags.estargz.manifestDigest },
      ]),
    ),
    machine: { qemu: plan.qemu.version, cpu: cpuModel, icount, ramBytes },
  };
}

/** What a start touches does not depend on how the image is served; it is counted where that disturbs least. */
function needsOf(plan: Plan, image: BuiltImage, progress: Progress): Promise<Needs> {
  const { guest, disk, qemu } = plan;
  const limits = { virtualNs: plan.virtualLimitNs, wallMs: plan.wallLimitMs };
  const out = join(plan.out, image.name, 'needs');
  return imageNeeds({ guest, disk, qemu, image, system: full, limits, out }, progress);
}

async function startOne(
  plan: Plan,
  image: BuiltImage,
  system: System,
  needs: () => Promise<Needs>,
  limit: ReturnType<typeof pLimit>,
  progress: Progress,
): Promise<Result> {
  const run = (sample?: number) => limit(() => play(plan, image, system, sample, progress));
  const start = await run(); // what cannot be started needs nothing, and has no samples
  const sampled = plan.samples === 1 ? [] : Array.from({ length: plan.samples }, (_, index) => run(index));
  // All have ended before a failure is reported: no machine is left running behind an error message.
  await Promise.allSettled([needs(), ...sampled]);
  const result = resultOf(plan, image, system, start, await needs());
  if (sampled.length === 0) return result;
  const runs = (await Promise.all(sampled)).map(metricsOf);
  const metrics: Partial<Record<SampledMetric, Spread>> = {};
  for (const metric of sampledMetrics) metrics[metric] = spread(runs.map((each) => each[metric]));
  return { ...result, samples: { count: plan.samples, seed: plan.seed, metrics } };
}

/** Runs one scenario; `sample` undefined is the exact run, whose registry log is kept. */
async function play(
  plan: Plan,
  image: BuiltImage,
  system: System,
  sample: number | undefined,
  progress: Progress,
): Promise<Outcome> {
  const base = await template(plan.disk, plan.qemu, image.registryDiskBytes, progress);
  const scenario: Scenario = {
    kind: 'start',
    system: system.id,
    repository: image.name,
    args: image.args,
    readiness: image.readiness,
    link: linkOf(plan.net),
    ...(sample === undefined ? {} : { perturbation: perturbation(plan.seed, sample) }),
    limitNs: plan.virtualLimitNs,
  };
  const title = `${image.name} under ${system.id}${sample === undefined ? '' : ` (sample ${sample + 1})`}`;
  const dir = join(
    plan.out,
    image.name,
    system.id,
    ...(sample === undefined ? [] : [`sample-${sample + 1}`]),
  );
  const { result, requests } = await progress.stage(title, (note) =>
    runScenario(
      plan.disk,
      base,
      plan.qemu,
      scenario,
      image.registryDisk,
      dir,
      { wallMs: plan.wallLimitMs },
      note,
    ),
  );
  if (result.type !== 'measured') throw new Error(`the guest answered with "${result.type}"`);
  if (sample === undefined) {
    const lines = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
    await writeWhole(join(dir, 'requests.ndjson'), lines);
  }
  return { measured: result.measured, requests };
}

function linkOf({ rttNs, rateBps, lossRatio }: NetworkProfile): Link {
  return { rttNs, rateBps, lossRatio };
}

function totalOf({ deployNs, runningNs, readyNs }: Measured): number {
  return deployNs + runningNs + readyNs;
}

/** Before the container was ready. */
function fetched({ measured, requests }: Outcome): Result['registry'] {
  const totalNs = totalOf(measured);
  const cold = requests.filter(({ atNs }) => atNs >= 0 && atNs <= totalNs);
  return { requests: cold.length, bytes: cold.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function resultOf(plan: Plan, image: BuiltImage, system: System, outcome: Outcome, needs: Needs): Result {
  const { measured } = outcome;
  const { deployNs, runningNs, readyNs, warm, net, disk, memory } = measured;
  const totalNs = totalOf(measured);
  const registry = fetched(outcome);
  return {
    workload: image.name,
    system: system.id,
    deployNs,
    runningNs,
    readyNs,
    totalNs,
    warm,
    net: { profile: plan.net.profile, ...net },
    registry,
    neededBytes: needs.bytes,
    amplification: needs.bytes === 0 ? 0 : registry.bytes / needs.bytes,
    disk,
    memory,
  };
}

function metricsOf(outcome: Outcome): Record<SampledMetric, number> {
  const { measured } = outcome;
  const { deployNs, runningNs, readyNs, warm } = measured;
  const { requests, bytes } = fetched(outcome);
  return {
    deployNs,
    runningNs,
    readyNs,
    totalNs: totalOf(measured),
    warmTotalNs: warm.runningNs + warm.readyNs,
    'registry.requests': requests,
    'registry.bytes': bytes,
  };
}

/** Writes a file so that it is there whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path).catch(async (error: unknown) => {
    await rm(partial, { force: true });
    throw error;
  });
}
