import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache/cache.ts';
import type { Guest } from '../guests/guest.ts';
import type { GuestDisk } from '../guests/disk.ts';
import { makePayload } from '../guests/payload.ts';
import type { Link, Traced, TracedStart, TraceScenario } from '../guest/protocol.ts';
import type { BuiltImage } from '../images/index.ts';
import type { Progress } from '../progress.ts';
import type { Qemu } from '../qemu/process.ts';
import { runScenario, type Limits } from '../qemu/run.ts';
import { template } from '../qemu/template.ts';
import type { System } from '../systems/system.ts';

export const trackerModule = 'rio_tracker.ko';

/** An image to start under the I/O tracker. */
export interface TracePlan {
  readonly guest: Guest;
  readonly disk: GuestDisk;
  readonly qemu: Qemu;
  readonly image: BuiltImage;
  readonly system: System;
  readonly link: Link;
  readonly starts: readonly TracedStart[];
  readonly limits: Limits & { readonly virtualNs: number };
  /** Folder for the traces (one folder a start: `trace.txt`, `events0`) and the console's log. */
  readonly out: string;
}

/** Pulls the image in the guest, then makes each of the starts under the tracker; the traces are in `plan.out`. */
export async function traceImage(plan: TracePlan, progress: Progress): Promise<readonly Traced[]> {
  const { image, system, starts, limits, out } = plan;
  const payload = await trackerPayload(plan.guest, plan.disk, progress);
  const base = await template(plan.disk, plan.qemu, image.registryDiskBytes, progress);
  const scenario: TraceScenario = {
    kind: 'trace',
    system: system.id,
    repository: image.name,
    args: image.args,
    readiness: image.readiness,
    link: plan.link,
    starts,
    limitNs: limits.virtualNs,
  };
  const { result } = await progress.stage(`tracing ${image.name} under ${system.id}`, (note) =>
    runScenario(plan.disk, base, plan.qemu, scenario, image.registryDisk, out, limits, note, {
      payload,
      outputFolder: out,
    }),
  );
  if (result.type !== 'traced') throw new Error(`the guest answered with "${result.type}"`);
  return result.starts;
}

/** The payload with the tracker for a guest's kernel, built when missing. */
export async function trackerPayload(guest: Guest, disk: GuestDisk, progress: Progress): Promise<string> {
  const modules = await guest.kernelModules(disk.kernelRelease, progress);
  const recipe = { modules: await contentHash(join(modules, trackerModule)), version: 1 };
  const dir = await cached({ kind: 'payload', name: guest.id, recipe }, progress, (partial) =>
    makePayload({ [trackerModule]: join(modules, trackerModule) }, join(partial, 'payload.img')),
  );
  return join(dir, 'payload.img');
}

async function contentHash(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
