import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import { exists } from '../cache/cache.ts';
import { onInterrupt } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import { qemuPreload } from '../tools/qemu-preload.ts';
import { toolCommand, toolRoot, type ToolCommand } from '../tools/tool-root.ts';
import { Qmp } from './qmp.ts';

/** QEMU and where its firmware is. */
export interface Qemu {
  readonly command: ToolCommand;
  readonly firmware: readonly string[];
  /** The library to preload (see preload/). */
  readonly preload: string;
  /** As QEMU says it, e.g. `10.0.2 (Debian 1:10.0.2+ds-2+deb13u1)`. */
  readonly version: string;
}

/** QEMU of the pinned tool tree, or the program that `$TRIO_QEMU` names (nix pins its own). */
export async function findQemu(progress: Progress): Promise<Qemu> {
  const own = process.env['TRIO_QEMU'];
  if (own && !(await exists(own)))
    throw new TrioError('QEMU_MISSING', `TRIO_QEMU names ${own}, which is not there`);
  const root = own ? undefined : await toolRoot(progress);
  const command = own ? { file: own, args: [] } : await toolCommand('qemu-system-x86_64', progress);
  const firmware = root ? [join(root, 'usr/share/seabios'), join(root, 'usr/share/qemu')] : [];
  const result = await execa(command.file, [...command.args, '--version'], { reject: false });
  const version = /version (.*)/.exec(result.stdout)?.[1];
  if (!version)
    throw new TrioError(
      'QEMU_MISSING',
      `QEMU does not start: ${result.stderr.trim() || result.shortMessage || ''}`,
    );
  return { command, firmware, version, preload: await qemuPreload(progress) };
}

/** How a QEMU ended, and what it said on standard error. */
export interface QemuEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: string;
}

/** A running QEMU. However this process ends, QEMU ends too. */
export interface RunningQemu {
  readonly qmp: Qmp;
  /** Settles when QEMU has ended. */
  readonly ended: Promise<QemuEnd>;
  /** Ends QEMU and waits for it. Safe to call at any time. */
  stop(): Promise<void>;
}

/** Starts QEMU with a monitor on a private socket. */
export async function startQemu(
  qemu: Qemu,
  args: readonly string[],
  options: { terminal?: boolean } = {},
): Promise<RunningQemu> {
  const socketDir = await mkdtemp(join(tmpdir(), 'trio-qmp-'));
  const removeSocket = () => rm(socketDir, { recursive: true, force: true });
  let stop: () => Promise<void> = removeSocket;
  // Before QEMU is there: a signal that came in between would leave the folder behind.
  const forget = onInterrupt(() => stop());
  const socket = join(socketDir, 'qmp');
  const stdio = options.terminal ? 'inherit' : 'ignore';
  const child = execa(
    // Parent-death signal: QEMU must not outlive us, SIGKILL included.
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      qemu.command.file,
      ...qemu.command.args,
      ...args,
      '-qmp',
      `unix:${socket},server=on,wait=off`,
    ],
    {
      ...{ stdin: stdio, stdout: stdio, stderr: 'pipe', reject: false, cleanup: true },
      env: { LD_PRELOAD: qemu.preload },
    },
  );
  let running = true;
  const ended = child.then(async (result) => {
    running = false;
    forget();
    await removeSocket();
    if (result.code === 'ENOENT')
      throw new TrioError('SETPRIV_MISSING', 'setpriv not found: install util-linux');
    return { exitCode: result.exitCode, signal: result.signal, stderr: result.stderr ?? '' };
  });
  ended.catch(() => {});
  stop = async () => {
    if (running) child.kill('SIGKILL');
    await ended.catch(() => {});
  };
  try {
    const qmp = await Qmp.connect(socket, () => running);
    return { qmp, ended, stop };
  } catch (error) {
    await stop();
    const { stderr } = await ended;
    throw new TrioError('QEMU_FAILED', `QEMU did not start: ${stderr.trim() || String(error)}`, {
      cause: error,
    });
  }
}

/** The last lines of a console log, as they are shown with a failure. */
export async function consoleTail(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // Serial consoles carry carriage returns and may carry anything a container prints.
  const clean = text
    .replaceAll('\r', '')
    .replace(/[^\P{C}\n\t]/gu, '?')
    .trimEnd();
  return clean.split('\n').slice(-lines).join('\n');
}
