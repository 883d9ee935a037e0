import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCalibration } from '../../../sim/input/calibration.ts';
import { readStart } from '../../../sim/input/recorded-start.ts';
import { Parameters } from '../../../sim/parameters/parameters.ts';
import { simulate } from '../../../sim/start/simulate.ts';
import { parameterDefinitions, systems } from '../../../sim/systems/index.ts';
import { readFigures } from '../../../sim/validate/figures.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);

interface Logged {
  readonly method: string;
  readonly path: string;
  readonly range: string;
  readonly bytes: number;
}

/** Which of two requests at the same time is logged first hangs on microseconds. */
const sorted = (requests: readonly Logged[]) =>
  requests.map(({ method, path, range, bytes }) => `${method} ${path} ${range} ${bytes}`).sort();

/** One of node's threads read a page more in this start than in all others: one more chunk. */
const more: Readonly<Record<string, string>> = {
  'debian-13/node lan1g crfs-lazy': 'bytes=19800000-19999999',
};

describe('predicted requests', () => {
  it.each(recordings)("are those of the VM's registry, to the byte: $guest/$workload", async (recording) => {
    const { guest, workload, folder } = recording;
    const start = await readStart(folder);
    const parameters = Parameters.of(
      parameterDefinitions,
      await readCalibration(join(golden, guest, 'calibration.json')),
    );
    for (const net of ['lan10g', 'lan1g', 'wan100m']) {
      const figures = await readFigures(folder, net);
      for (const { system: id } of figures?.results ?? []) {
        const system = systems.find((candidate) => candidate.id === id);
        if (!figures || !system) continue;
        const log = await readFile(join(folder, `requests-${net}-${id}.ndjson.zst`));
        const lines = zstdDecompressSync(log).toString().trim().split('\n');
        const title = `${guest}/${workload} ${net} ${id}`;
        const recorded = lines
          .map((line) => JSON.parse(line) as Logged)
          .filter(({ range }) => range === '' || range !== more[title]);
        const { requests } = simulate({
          ...start,
          system,
          parameters,
          net: figures.environment.net,
          seed: 'test',
        });
        expect({ title, requests: sorted(requests) }).toEqual({ title, requests: sorted(recorded) });
      }
    }
  });
});
