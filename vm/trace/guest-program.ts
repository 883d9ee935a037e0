import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { makePayload } from '../guests/payload.ts';
import { programFiles } from '../guests/program-files.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { runScenario } from '../qemu/run.ts';
import type { Template } from '../qemu/template.ts';
import type { TracePlan } from './run.ts';

/** A program of ours for the guest, which a payload brings, with kernel modules beside it. */
export interface GuestProgram {
  /** In vm/, e.g. `trace/in-guest/erofs.ts`. */
  readonly path: string;
  readonly args: readonly string[];
  /** E.g. `rio_tracker.ko`. */
  readonly modules: readonly string[];
  /** What it does, for people. */
  readonly title: string;
}

/**
 * Runs a program in the guest; what it puts out as files is in `plan.out`.
 *
 * @param disk  what the machine has as the registry's disk
 * @returns the last line that it printed
 * @throws TrioError `GUEST_FAILED` when it fails
 */
export async function runGuestProgram(
  program: GuestProgram,
  plan: Omit<TracePlan, 'system' | 'link' | 'starts'>,
  base: Template,
  disk: string,
  progress: Progress,
): Promise<string> {
  const { guest, qemu, limits, out } = plan;
  const script = `${basename(program.path, '.ts')}.sh`;
  const built = await guest.kernelModules(plan.disk.kernelRelease, progress);
  const dir = await mkdtemp(join(tmpdir(), 'trio-program-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  const forget = onInterrupt(remove);
  try {
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    await writeFile(
      join(dir, script),
      `exec /opt/trio/node ${program.path} ${program.args.map(quote).join(' ')}\n`,
    );
    const files = await programFiles(dirname(program.path));
    for (const name of program.modules) files[name] = join(built, name);
    for (const name of ['package.json', script]) files[name] = join(dir, name);
    const payload = join(dir, 'payload.img');
    await makePayload(files, payload);
    const { result } = await progress.stage(program.title, (note) =>
      runScenario(
        ...([plan.disk, base, qemu] as const),
        { kind: 'script', script, limitNs: limits.virtualNs },
        ...([disk, out, limits, note] as const),
        { payload, outputFolder: out },
      ),
    );
    if (result.type !== 'script') throw new Error(`the guest answered with "${result.type}"`);
    if (result.status !== 0)
      throw new TrioError('GUEST_FAILED', `${program.path} failed in the guest:\n${result.output}`);
    return result.output.trim().split('\n').at(-1) ?? '';
  } finally {
    forget();
    await remove();
  }
}

/** One word for the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
