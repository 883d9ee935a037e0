import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltImage } from '../images/index.ts';
import { smallestDiskBytes } from '../images/registry-disk.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import type { Qemu } from '../qemu/process.ts';
import { runScenario } from '../qemu/run.ts';
import { createSparse, template } from '../qemu/template.ts';
import type { GuestDisk } from './disk.ts';
import { makePayload } from './payload.ts';

/** What a script in a guest ended with. */
export interface ScriptEnd {
  readonly status: number;
  /** Standard output and standard error, in order. */
  readonly output: string;
}

/**
 * Runs a shell script in a resumed guest, as root, in the folder of the files that it brings along.
 *
 * @param files   path in the payload → file on the host; one of them is the script
 * @param script  its path in the payload
 * @param image   whose registry disk the guest gets; an empty one without it
 */
export async function runInGuest(
  disk: GuestDisk,
  qemu: Qemu,
  files: Readonly<Record<string, string>>,
  script: string,
  limits: { readonly virtualNs: number; readonly wallMs: number },
  progress: Progress,
  image?: Pick<BuiltImage, 'registryDisk' | 'registryDiskBytes'>,
): Promise<ScriptEnd> {
  const registryBytes = image?.registryDiskBytes ?? smallestDiskBytes;
  const base = await template(disk, qemu, registryBytes, progress);
  const dir = await mkdtemp(join(tmpdir(), 'trio-script-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    const payload = join(dir, 'payload.img');
    await makePayload(files, payload);
    const registry = image?.registryDisk ?? join(dir, 'registry.img');
    if (!image) await createSparse(registry, registryBytes);
    const scenario = { kind: 'script', script, limitNs: limits.virtualNs } as const;
    const { result } = await progress.stage(`${script} in the guest`, (note) =>
      runScenario(disk, base, qemu, scenario, registry, dir, limits, note, { payload, outputFolder: dir }),
    );
    if (result.type !== 'script') throw new Error(`the guest answered with "${result.type}"`);
    return { status: result.status, output: result.output };
  } finally {
    forget();
    await remove();
  }
}
