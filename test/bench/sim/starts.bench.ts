import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadScenario } from '../../../sim/input/scenario.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { systems } from '../../../sim/systems/index.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { goldenFolder } from '../../support/golden-folder.ts';
import { perSecond } from '../../support/rates.ts';

const golden = goldenFolder();

/** The workload whose trace is the longest. */
async function largest(): Promise<string> {
  const sizes: { workload: string; bytes: number }[] = [];
  for (const { workload, folder } of await findRecordings(golden.path(), { guest: 'debian-13' }))
    sizes.push({ workload, bytes: (await stat(join(folder, 'touch.trace.zst'))).size });
  return sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a)).workload;
}

test('the largest recorded start, under every system', { timeout: 120_000 }, async ({ bench }) => {
  const workload = await largest();
  const request = {
    golden: golden.path(),
    guest: 'debian-13',
    workload,
    net: 'lan10g',
    set: [],
    seed: 'bench',
  };
  const scenario = await loadScenario(request);
  const all = () => systems.map((system) => simulate({ ...scenario, system }));
  const events = all().reduce((sum, outcome) => sum + outcome.events, 0);
  const result = await bench.compare(
    bench('predict it', () => void all()),
    bench('read it', async () => void (await loadScenario(request))),
  );
  const [predicts, reads] = (['predict it', 'read it'] as const).map((name) =>
    perSecond(result.get(name), 1),
  );
  console.log(
    `${workload} (${scenario.program.steps} steps) under ${systems.length} systems: ` +
      `${(1000 / predicts!).toFixed(1)} ms, ${events} events; reading it ${(1000 / reads!).toFixed(0)} ms`,
  );
  // For each system, a tenth of what it takes to read the recording, and some room.
  expect((predicts! / reads!) * systems.length).toBeGreaterThan(2);
});
