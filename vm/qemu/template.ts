import { execa } from 'execa';
import { mkdir, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { cached, recipeHash } from '../cache/cache.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { Progress } from '../progress.ts';
import {
  cpuModel,
  icount,
  kernelArguments,
  machineArguments,
  machineFiles,
  outputBytes,
  payloadBytes,
  ramBytes,
} from './machine.ts';
import { preloadHash } from '../tools/qemu-preload.ts';
import { toolCommand, type ToolCommand } from '../tools/tool-root.ts';
import { consoleTail, startQemu, type Qemu } from './process.ts';
import { atNextTimer, withoutHostClock } from './saved-state.ts';

/** A guest booted once, its services up, its caches empty: every scenario resumes from here. */
export interface Template {
  readonly dir: string;
  readonly registryDiskBytes: number;
}

/** Wall time that booting may take. */
const bootLimitMs = 10 * 60_000;

/**
 * Builds, or finds in the cache, the template of a guest.
 *
 * The guest pauses itself at a fixed instruction. It is booted twice and both memories are compared before the
 * template is used: a boot that is not reproducible must not become the base of results.
 *
 * @param registryDiskBytes  size of the second disk; its content comes with each scenario
 * @throws TrioError `TEMPLATE_FAILED` (with the console's last lines), `TEMPLATE_DIFFERS`, `TIMER_GONE`
 */
export async function template(
  guest: GuestDisk,
  qemu: Qemu,
  registryDiskBytes: number,
  progress: Progress,
): Promise<Template> {
  const recipe = {
    guest: guest.dir.split('/').at(-1),
    qemu: qemu.version,
    machine: recipeHash({
      cpuModel,
      icount,
      kernelArguments,
      ramBytes,
      payloadBytes,
      outputBytes,
      preload: await preloadHash(),
      version: 4,
    }),
    registryDiskBytes,
  };
  const name = (recipe.guest ?? '').replace(/-[0-9a-f]+$/, '');
  const dir = await cached({ kind: 'template', name, recipe }, progress, (partial) =>
    progress.stage(`booting ${name} twice for its template`, async (note) => {
      const qemuImg = await toolCommand('qemu-img', progress);
      await Promise.all([
        bootWithTimer(guest, qemu, join(partial, 'a'), registryDiskBytes, note),
        bootWithTimer(guest, qemu, join(partial, 'b'), registryDiskBytes, () => {}),
      ]);
      note('comparing');
      if (!(await sameMachine(qemuImg, join(partial, 'a'), join(partial, 'b'))))
        throw new TrioError('TEMPLATE_DIFFERS', 'two boots of the guest gave different machines: not used');
      for (const file of ['ram.img', 'disk.img', 'payload.img', 'output.img', 'state'])
        await rename(join(partial, 'a', file), join(partial, file));
      await rm(join(partial, 'a'), { recursive: true });
      await rm(join(partial, 'b'), { recursive: true });
    }),
  );
  return { dir, registryDiskBytes };
}

/** A boot that ended without its timer says nothing of the guest (see {@link atNextTimer}): it is done again. */
async function bootWithTimer(
  guest: GuestDisk,
  qemu: Qemu,
  dir: string,
  registryDiskBytes: number,
  note: (text: string) => void,
): Promise<void> {
  for (let left = 3; ; left--)
    try {
      await bootTo(guest, qemu, dir, registryDiskBytes, note);
      return;
    } catch (error) {
      if (!(error instanceof TrioError && error.code === 'TIMER_GONE') || left === 1) throw error;
      note('the pause lost the timer: booting again');
      await rm(dir, { recursive: true });
    }
}

async function bootTo(
  guest: GuestDisk,
  qemu: Qemu,
  dir: string,
  registryDiskBytes: number,
  note: (text: string) => void,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const files = machineFiles(dir, join(dir, 'registry.img'), registryDiskBytes);
  await execa('cp', ['--sparse=always', '--reflink=auto', guest.disk, files.rootDisk]);
  await createSparse(files.ram, ramBytes);
  await createSparse(files.registryDisk, registryDiskBytes);
  await createSparse(files.payload, payloadBytes);
  await createSparse(files.output, outputBytes);
  await writeFile(files.scenario, '{}');
  const vm = await startQemu(qemu, [
    ...machineArguments(guest, files, qemu.firmware, { shared: true }),
    // Stopped (-S) until the monitor is set up: a command that is answered while the guest runs may change its boot.
    ...['-action', 'panic=pause', '-S'],
  ]);
  const timer = setTimeout(() => void vm.stop(), bootLimitMs);
  try {
    await vm.qmp.call('migrate-set-capabilities', {
      capabilities: [{ capability: 'x-ignore-shared', state: true }],
    });
    await vm.qmp.call('cont');
    note('booting');
    // Wait for the event; polling the monitor would disturb the boot just the same.
    if (!(await vm.qmp.event('STOP'))) {
      const { stderr } = await vm.ended;
      throw new TrioError(
        'TEMPLATE_FAILED',
        `the guest did not get to its template. Last console lines:\n${await consoleTail(files.console)}\n${stderr}`,
      );
    }
    note('saving');
    const state = join(dir, 'state');
    await vm.qmp.call('migrate', { uri: `file:${state}` });
    for (;;) {
      const { status } = (await vm.qmp.call('query-migrate')) as { status?: string };
      if (status === 'completed') break;
      if (status === 'failed') throw new TrioError('TEMPLATE_FAILED', 'QEMU could not save the template');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await vm.qmp.call('quit');
    await vm.ended;
    await writeFile(state, atNextTimer(await readFile(state)));
  } finally {
    clearTimeout(timer);
    await vm.stop();
  }
}

/** An empty file of that size, made of one hole. */
export async function createSparse(path: string, bytes: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, bytes);
}

/**
 * Whether two machines have the same memory, disk, devices and clock. Page 0x1000 of the memory is left out: QEMU keeps values of its
 * own there. qemu-img skips holes, of which most of both files consists; reading them takes half a minute.
 */
async function sameMachine(qemuImg: ToolCommand, a: string, b: string): Promise<boolean> {
  const from = (path: string, offset: number) =>
    `driver=raw,offset=${offset},file.driver=file,file.filename=${path.replaceAll(',', ',,')}`;
  const same = async (file: string, offset: number) => {
    const result = await execa(
      qemuImg.file,
      [...qemuImg.args, 'compare', '--image-opts', from(join(a, file), offset), from(join(b, file), offset)],
      { reject: false },
    );
    if (result.exitCode === undefined || result.exitCode > 1)
      throw new TrioError('TEMPLATE_FAILED', `cannot compare ${file}: ${result.stderr}`);
    return result.exitCode === 0;
  };
  const [stateA, stateB] = [await readFile(join(a, 'state')), await readFile(join(b, 'state'))];
  if (!withoutHostClock(stateA).equals(withoutHostClock(stateB))) return false;
  const firstPage = (await readPage(join(a, 'ram.img'))).equals(await readPage(join(b, 'ram.img')));
  return firstPage && (await same('ram.img', 0x2000)) && (await same('disk.img', 0));
}

async function readPage(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    return (await handle.read(Buffer.alloc(0x1000), 0, 0x1000, 0)).buffer;
  } finally {
    await handle.close();
  }
}
