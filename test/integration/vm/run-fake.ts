/** Plays one scenario on the fake QEMU; run as a program, so that it can be interrupted. */
import { join } from 'node:path';
import { findQemu } from '../../../vm/qemu/process.ts';
import { runScenario, type Outcome } from '../../../vm/qemu/run.ts';
import { silentProgress } from '../../../vm/progress.ts';

export async function runFake(dir: string, wallMs: number): Promise<Outcome> {
  const qemu = await findQemu(silentProgress);
  const guest = {
    dir,
    disk: '',
    diskBytes: 1,
    kernel: '',
    kernelRelease: '',
    initrd: '',
    contentSha256: '',
    packageManifest: '',
    packageManifestSha256: '',
  };
  return runScenario(
    guest,
    { dir, registryDiskBytes: 1 },
    qemu,
    {
      kind: 'start',
      system: 'full',
      repository: 'x',
      args: [],
      readiness: { kind: 'exit', code: 0 },
      link: { rttNs: 0, rateBps: 1, lossRatio: 0 },
      limitNs: 5e9,
    },
    '',
    join(dir, 'run'),
    { wallMs },
    () => {},
  );
}

const [dir] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && dir) {
  process.stdout.write('started\n');
  await runFake(dir, 60_000);
}
