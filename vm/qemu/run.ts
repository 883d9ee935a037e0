import { execa } from 'execa';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrioError } from '../../trio/errors.ts';
import type { GuestDisk } from '../guests/disk.ts';
import type { GuestResult, Message, RegistryRequest, Scenario } from '../guest/protocol.ts';
import { machineArguments, machineFiles, outputBytes } from './machine.ts';
import { parseMessages } from './messages.ts';
import { consoleTail, startQemu, type Qemu, type QemuEnd, type RunningQemu } from './process.ts';
import { createSparse, type Template } from './template.ts';

/** What a finished scenario gave. */
export interface Outcome {
  readonly result: GuestResult;
  readonly requests: readonly RegistryRequest[];
}

/** The devices of scenarios that bring something along or write more than messages. */
export interface Attachments {
  /** A tar in a file of `payloadBytes`. */
  readonly payload: string;
  /** The folder that gets what the guest wrote as its output. */
  readonly outputFolder: string;
}

/** Limits of one scenario. */
export interface Limits {
  /** Wall time, in ms: the last resort against a guest that hangs. */
  readonly wallMs: number;
}

/**
 * Resumes the template with one scenario and returns what the guest measured.
 *
 * @param dir  folder for the console's log, kept after a failure; made when missing
 * @throws TrioError `GUEST_FAILED` (the guest said why), `GUEST_PANIC`, `GUEST_TIMEOUT` (wall or virtual time),
 *         `GUEST_ENDED` (QEMU ended early); the message has the last console lines and the log's path
 */
export async function runScenario(
  guest: GuestDisk,
  template: Template,
  qemu: Qemu,
  scenario: Scenario,
  registryDisk: string,
  dir: string,
  limits: Limits,
  note: (text: string) => void,
  attachments?: Attachments,
): Promise<Outcome> {
  await mkdir(dir, { recursive: true });
  const own = machineFiles(dir, registryDisk, template.registryDiskBytes);
  const files = {
    ...own,
    ram: join(template.dir, 'ram.img'),
    rootDisk: join(template.dir, 'disk.img'),
    payload: attachments?.payload ?? join(template.dir, 'payload.img'),
    output: attachments ? own.output : join(template.dir, 'output.img'),
  };
  await writeFile(files.scenario, JSON.stringify(scenario));
  await rm(files.console, { force: true });
  await rm(files.protocol, { force: true });
  if (attachments) await createSparse(own.output, outputBytes);

  const vm = await startQemu(qemu, [
    ...machineArguments(guest, files, qemu.firmware, {
      shared: false,
      keepOutput: attachments !== undefined,
    }),
    // The guest's watchdog counts virtual time; its end is the hard limit even when no program runs any more.
    ...['-action', 'watchdog=poweroff', '-incoming', 'defer'],
  ]);
  let wallLimit = false;
  const timer = setTimeout(() => {
    wallLimit = true;
    void vm.stop();
  }, limits.wallMs);
  const watch = setInterval(() => void lastProgress(files.protocol).then(note), 1000);
  try {
    await resume(vm, join(template.dir, 'state')).catch((error: unknown) => {
      // When QEMU has ended, how it ended says more than the monitor command that failed.
      if (!(error instanceof TrioError && error.code === 'QEMU_GONE')) throw error;
    });
    const end = await vm.ended;
    const failure = (code: string, why: string) => failed(code, why, files.console);
    if (wallLimit)
      throw await failure('GUEST_TIMEOUT', `no end within ${limits.wallMs / 1000} s of wall time`);
    if (vm.qmp.saw('WATCHDOG'))
      throw await failure(
        'GUEST_TIMEOUT',
        `no end within ${scenario.limitNs / 1e9} s of virtual time (watchdog)`,
      );
    const messages = parseMessages(await readFile(files.protocol, 'utf8').catch(() => ''));
    const outcome = await outcomeOf(messages, end, failure, files.console);
    if (attachments) await unpackOutput(own.output, attachments.outputFolder);
    return outcome;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    await vm.stop();
    if (attachments) await rm(own.output, { force: true });
  }
}

async function unpackOutput(tar: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { exitCode, stderr } = await execa('tar', ['-C', folder, '--no-same-owner', '-xf', tar], {
    reject: false,
  });
  if (exitCode !== 0) throw new TrioError('GUEST_OUTPUT', `the guest's output cannot be read: ${stderr}`);
}

async function resume(vm: RunningQemu, state: string): Promise<void> {
  await vm.qmp.call('migrate-set-capabilities', {
    capabilities: [{ capability: 'x-ignore-shared', state: true }],
  });
  await vm.qmp.call('migrate-incoming', { uri: `file:${state}` });
  for (;;) {
    const { status } = (await vm.qmp.call('query-status')) as { status: string };
    if (status === 'running') return;
    if (status !== 'inmigrate') break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await vm.qmp.call('cont');
}

async function outcomeOf(
  messages: readonly Message[],
  end: QemuEnd,
  failure: (code: string, why: string) => Promise<TrioError>,
  console: string,
): Promise<Outcome> {
  const failed = messages.find((message) => message.type === 'failed');
  if (failed) throw await failure('GUEST_FAILED', [failed.reason, ...failed.details].join('\n  '));
  const result = messages.find(
    (message) => message.type === 'measured' || message.type === 'traced' || message.type === 'script',
  );
  if (!result || messages.at(-1)?.type !== 'end') {
    const panic = /Kernel panic - not syncing: .*/.exec(await readFile(console, 'utf8').catch(() => ''));
    if (panic) throw await failure('GUEST_PANIC', panic[0]);
    const how = end.signal ?? (end.exitCode ? `exit status ${end.exitCode}` : 'normally');
    const said = end.stderr.trim();
    throw await failure(
      'GUEST_ENDED',
      `the guest ended before its last message (QEMU: ${how}${said && `, "${said}"`})`,
    );
  }
  return {
    result,
    requests: messages.filter((message) => message.type === 'request').map((message) => message.request),
  };
}

async function failed(code: string, why: string, consoleLog: string): Promise<TrioError> {
  const tail = await consoleTail(consoleLog);
  return new TrioError(
    code,
    [why, tail ? `Last console lines:\n${tail}` : 'The console is empty.', `Full log: ${consoleLog}`].join(
      '\n',
    ),
  );
}

async function lastProgress(protocol: string): Promise<string> {
  const text = await readFile(protocol, 'utf8').catch(() => '');
  try {
    return parseMessages(text).findLast((message) => message.type === 'progress')?.text ?? '';
  } catch {
    return ''; // said properly at the end
  }
}
