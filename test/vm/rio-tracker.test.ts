import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestDisk } from '../../vm/guests/disk.ts';
import { guests } from '../../vm/guests/index.ts';
import { runInGuest } from '../../vm/guests/script.ts';
import { workloadImage } from '../../vm/images/index.ts';
import { silentProgress } from '../../vm/progress.ts';
import { findQemu } from '../../vm/qemu/process.ts';
import { completeness } from '../../vm/record/completeness.ts';
import { readImageInodes } from '../../vm/record/image-inodes.ts';
import { full } from '../../vm/systems/full.ts';
import { iotracker } from '../../vm/tools/iotracker.ts';
import { traceImage, trackerModule } from '../../vm/trace/run.ts';
import { demandStart, touchStart } from '../../vm/trace/starts.ts';
import { readStartTrace } from '../../trio/trace/read.ts';
import { TouchedPages } from '../../trio/trace/touched-pages.ts';

let dir: string;
let builtIotracker: Promise<string>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-tracker-test-'));
  builtIotracker = iotracker(silentProgress);
  builtIotracker.catch(() => {}); // told to who waits for it
});
afterAll(async () => {
  await Promise.allSettled([builtIotracker]);
  await rm(dir, { recursive: true });
});

// Debian 12 first, which has no use for what is being built.
describe.each([...guests].reverse())('rio_tracker on $id', (guest) => {
  it('does what it says, and nothing else', async () => {
    const qemu = await findQemu(silentProgress);
    const disk = await guestDisk(guest, silentProgress);
    const modules = await guest.kernelModules(disk.kernelRelease, silentProgress);
    // Debian 12's kernel has no kfuncs for it: there the script tests that probes=bpf is refused.
    const programs: Record<string, string> =
      guest.id === 'debian-12' ? {} : { iotracker: await builtIotracker };
    const script = join(dir, 'run.sh');
    const paths = [trackerModule, ...Object.keys(programs)].map((name) => `"$PWD/${name}"`);
    await writeFile(script, `exec sh ./rio-tracker.sh ${paths.join(' ')}\n`);
    const { status, output } = await runInGuest(
      disk,
      qemu,
      {
        'run.sh': script,
        'rio-tracker.sh': join(import.meta.dirname, 'guest/rio-tracker.sh'),
        [trackerModule]: join(modules, trackerModule),
        ...programs,
      },
      'run.sh',
      { virtualNs: 1900e9, wallMs: 1_800_000 },
      silentProgress,
    );
    const lines = output.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual(['0 failed']);
    expect(lines.length).toBeGreaterThan(50);
    expect(status).toBe(0);
  });

  // Debian 13's is compared with what golden has (golden:check).
  const times = guest.id === 'debian-12' ? [1, 2] : [1];

  it(`sees every page that a start asks for${times.length > 1 ? ', and the same bytes each time' : ''}`, async () => {
    const qemu = await findQemu(silentProgress);
    const disk = await guestDisk(guest, silentProgress);
    const image = await workloadImage('nginx', silentProgress);
    const folder = (n: number) => join(dir, `${guest.id}-${n}`);
    for (const n of times)
      await traceImage(
        {
          ...{ guest, disk, qemu, image, system: full },
          link: { rttNs: 200_000, rateBps: 10e9, lossRatio: 0 },
          starts: [touchStart, demandStart],
          limits: { virtualNs: 1900e9, wallMs: 1_800_000 },
          out: folder(n),
        },
        silentProgress,
      );
    for (const name of ['touch/trace.txt', 'touch/events0', 'demand/events0', 'inodes']) {
      const [first, ...others] = await Promise.all(times.map((n) => readFile(join(folder(n), name))));
      for (const other of others) expect({ name, same: first?.equals(other) }).toEqual({ name, same: true });
    }
    const touched = new TouchedPages();
    await readStartTrace(join(folder(1), 'touch/events0'), touched);
    const inodes = await readImageInodes(join(folder(1), 'inodes'));
    const found = await completeness(join(folder(1), 'demand/events0'), inodes, touched);
    expect(found).toMatchObject({ missing: [], undemanded: [] });
    expect(found.demandedPages).toBeGreaterThan(1000);
    // Only the container: every line is a path of the image, as its inode has it.
    const text = await readFile(join(folder(1), 'touch/trace.txt'), 'utf8');
    const paths = new Set([...inodes.values()].flat());
    const foreign = text
      .trim()
      .split('\n')
      .filter((line) => !paths.has(line.replace(/(,\d+){3}$/, '')));
    expect(foreign).toEqual([]);
  });
});
