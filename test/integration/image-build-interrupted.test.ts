import { execa } from 'execa';
import { readdirSync, statSync, watch } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../trio/cli/trio.ts');
const contentBytes = 64 << 20;
/** A build may be through before a busy machine lets us look at it; then another one is. */
const attemptsMax = 10;

let work: string;
let out: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'interrupted-'));
  out = join(work, 'out');
  await mkdir(join(work, 'root'));
  // Holes: quick to make, and to read; the copies have none.
  const file = await open(join(work, 'root/big'), 'w');
  await file.truncate(contentBytes);
  await file.close();
  await writeFile(join(work, 'root/small'), 'small');
  await writeFile(join(work, 'all.txt'), `/small,1,0,5\n/big,2,0,${contentBytes}\n`);
  await writeFile(join(work, 'little.txt'), '/small,1,0,5\n');
});
afterEach(() => rm(work, { recursive: true, force: true }));

function build(trace: string) {
  const input = ['--trace', join(work, trace), '--rootfs', join(work, 'root'), '--out', out];
  return execa(process.execPath, [program, 'image', 'build', ...input], { reject: false });
}

function verify() {
  return execa(process.execPath, [program, 'image', 'verify', out], { reject: false });
}

/** Bytes of the drafts in the output folder. */
function draftBytes(): number {
  try {
    const drafts = readdirSync(out).filter((name) => name.startsWith('.partial-'));
    return drafts.reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
  } catch {
    return 0; // no folder yet, or the draft has just been renamed
  }
}

/** Sends the signal to a build that has written some of the data, but not all; `prepare` comes before each attempt. */
async function interruptBuild(signal: NodeJS.Signals, prepare: () => Promise<unknown>) {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    await rm(out, { recursive: true, force: true });
    await prepare();
    let ended = false;
    const building = build('all.txt');
    const result = building.finally(() => (ended = true));
    while (!ended && draftBytes() === 0) await sleep(1);
    building.kill('SIGSTOP');
    const isHalf = !ended && draftBytes() < contentBytes;
    building.kill(signal);
    building.kill('SIGCONT');
    const { exitCode, signal: endedBy, stdout, stderr } = await result;
    if (isHalf) return { exitCode, endedBy, stdout, stderr };
  }
  throw new Error(`none of ${attemptsMax} builds was seen half done`);
}

describe.each(['SIGINT', 'SIGTERM'] as const)(
  'trio image build, in the middle of which comes %s',
  (signal) => {
    // Ended by the signal itself: a shell says 130 or 143, and stops the script that the build is part of.
    const interrupted = { exitCode: undefined, endedBy: signal, stdout: '', stderr: '' };

    it('leaves nothing, and can be run again', async () => {
      expect(await interruptBuild(signal, () => mkdir(out))).toEqual(interrupted);
      expect(await readdir(out)).toEqual([]);
      expect(await build('all.txt')).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await readdir(out)).toEqual(['trio_data', 'trio_meta']);
      expect(statSync(join(out, 'trio_data')).size).toBe(4096 + contentBytes);
      expect(await verify()).toMatchObject({ exitCode: 0 });
    });

    it('leaves the runtime image that was there as it was', async () => {
      expect(await interruptBuild(signal, () => build('little.txt'))).toEqual(interrupted);
      expect(await readdir(out)).toEqual(['trio_data', 'trio_meta']);
      expect(await readFile(join(out, 'trio_data'), 'latin1')).toBe('small'.padEnd(4096, '\0'));
      expect(await verify()).toMatchObject({ exitCode: 0 });
    });

    it('gives both files their names, or none', async () => {
      await mkdir(out);
      const building = build('little.txt');
      const watcher = watch(out, (_, name) => {
        if (name === 'trio_data') building.kill(signal);
      });
      await building;
      watcher.close();
      expect(await readdir(out)).toEqual(['trio_data', 'trio_meta']);
      expect(await verify()).toMatchObject({ exitCode: 0 });
    });
  },
);
