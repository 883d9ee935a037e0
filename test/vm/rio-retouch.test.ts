import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestDisk } from '../../vm/guests/disk.ts';
import { guests } from '../../vm/guests/index.ts';
import { runInGuest } from '../../vm/guests/script.ts';
import { retouchModule } from '../../vm/memory/starts.ts';
import { silentProgress } from '../../vm/progress.ts';
import { findQemu } from '../../vm/qemu/process.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-retouch-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe.each(guests)('rio_retouch on $id', (guest) => {
  it('makes touches faults again, and comes and goes safely', async () => {
    const qemu = await findQemu(silentProgress);
    const disk = await guestDisk(guest, silentProgress);
    const modules = await guest.kernelModules(disk.kernelRelease, silentProgress);
    const script = join(dir, 'run.sh');
    await writeFile(script, `exec sh ./rio-retouch.sh "$PWD/${retouchModule}"\n`);
    const { status, output } = await runInGuest(
      disk,
      qemu,
      {
        'run.sh': script,
        'rio-retouch.sh': join(import.meta.dirname, 'guest/rio-retouch.sh'),
        [retouchModule]: join(modules, retouchModule),
      },
      'run.sh',
      { virtualNs: 600e9, wallMs: 600_000 },
      silentProgress,
    );
    const lines = output.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual(['0 failed']);
    expect(lines.length).toBeGreaterThan(12);
    expect(status).toBe(0);
  });
});
