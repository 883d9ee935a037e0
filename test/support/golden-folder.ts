import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { inventedCalibration } from './synthetic-start.ts';

const recorded = join(import.meta.dirname, '../../golden/debian-13');

/**
 * A folder laid out as golden/, for the time of a file's tests: starts as they were recorded, with a calibration that
 * is invented, so that what is measured anew changes no test.
 */
export function goldenFolder(): { path(): string } {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'golden-'));
    const guest = join(folder, 'debian-13');
    for (const entry of await readdir(recorded, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      await mkdir(join(guest, entry.name), { recursive: true });
      for (const name of await readdir(join(recorded, entry.name)))
        await symlink(join(recorded, entry.name, name), join(guest, entry.name, name));
    }
    const parameters = [...inventedCalibration].map(([name, value]) => ({ name, value, checkError: 0 }));
    const calibration = JSON.stringify({ schema: 'trio.calibration/1', parameters });
    await writeFile(join(guest, 'calibration.json'), calibration);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return { path: () => folder };
}
