import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelOf } from '../../../sim/pagecache/kernel.ts';
import { Prediction } from '../../../sim/pagecache/predict.ts';
import { findRecordings } from '../../../sim/validate/recordings.ts';
import { settingsOfStart } from '../../../sim/validate/start-settings.ts';
import { loadProgram } from '../../../sim/input/load-program.ts';
import { readRun } from '../../../sim/input/read-run.ts';
import { listeningStep } from '../../../sim/workload/listening.ts';
import { PageSteps } from '../../../sim/workload/page-steps.ts';
import { buildProgram, type Program } from '../../../sim/workload/program.ts';
import { stepKind } from '../../../sim/workload/steps.ts';
import { sources } from '../../../trio/trace/read.ts';
import { decodeRecords } from '../../../trio/trace/rich-trace.ts';
import { openTrace } from '../../../trio/trace/trace-file.ts';
import { insertedByPrediction, insertedBySteps } from '../../support/inserted.ts';

const golden = join(import.meta.dirname, '../../../golden');
const recordings = await findRecordings(golden);

/** From the recorded file, not by the loader. */
async function summaryOf(folder: string) {
  return JSON.parse(await readFile(join(folder, 'traces.json'), 'utf8')) as {
    starts: { name: string; readyNs: number }[];
    runtimeImage: { files: number };
  };
}

function total({ cpuNs, waitNs }: Program, from: number, to: number): number {
  const sum = (column: Float64Array) => column.subarray(from, to).reduce((all, ns) => all + ns, 0);
  return sum(cpuNs) + sum(waitNs);
}

describe.each(recordings)('$guest/$workload', ({ folder }) => {
  test("the times of its steps are the warm start's, to the nanosecond", async () => {
    const program = await loadProgram(folder);
    const { prelude, readySteps, tail, releaseToRunningNs } = program;
    const { starts } = await summaryOf(folder);
    const warm = starts.find(({ name }) => name === 'warm')!;
    expect(program.isTimed).toBe(true);
    expect(total(program, prelude, readySteps) + tail.cpuNs + tail.waitNs).toBe(
      releaseToRunningNs + warm.readyNs,
    );
    // It lies before Ready, and the program is not done with nothing.
    expect(tail.cpuNs + tail.waitNs).toBeLessThan(0.1 * program.runningToReadyNs);
    // From the release to the report, runc start ends and two daemons are told.
    expect(releaseToRunningNs).toBeGreaterThan(1e6);
    expect(releaseToRunningNs).toBeLessThan(20e6);
  });

  test('nearly all accesses are found in both runs', async () => {
    const { aligned, kind, prelude, thread, paths, path } = await loadProgram(folder);
    expect(aligned.accesses.aligned / aligned.accesses.steps).toBeGreaterThan(0.95);
    // The warm run has a sixteenth of the touches, and those that its fault-around could not serve.
    expect(aligned.touches.aligned / aligned.touches.steps).toBeGreaterThan(1 / 16);
    // runc looks for the entrypoint, and then it is executed.
    expect(kind.subarray(0, prelude)).not.toContain(stepKind.exec);
    const exec = kind.indexOf(stepKind.exec);
    expect(thread[exec]).toBe(thread[prelude]);
    expect(paths[path[exec]!]).toMatch(/^\//);
  });

  test('the files of the image that it uses are those of the runtime image', async () => {
    const { steps, kind, file, files } = await loadProgram(folder);
    const reads: number[] = [stepKind.read, stepKind.splice, stepKind.fault];
    const used = new Set<number>();
    for (let step = 0; step < steps; step++) if (reads.includes(kind[step]!)) used.add(file[step]!);
    const ofImage = [...used].filter((each) => files[each]!.ofImage && files[each]!.bytes > 0);
    expect(ofImage).toHaveLength((await summaryOf(folder)).runtimeImage.files);
  });

  test('without the warm run: the same steps, no times', async () => {
    const program = buildProgram(await readRun(join(folder, 'touch.trace.zst')));
    const timed = await loadProgram(folder);
    expect(program.isTimed).toBe(false);
    expect(total(program, 0, program.steps)).toBe(0);
    expect(program.kind).toEqual(timed.kind);
    expect(program.prelude).toBe(timed.prelude);
  });

  test.each([
    { start: 'default', faultAroundPages: 16 },
    { start: 'fault-around-16k', faultAroundPages: 4 },
    { start: 'readahead-16k', faultAroundPages: 16 },
    { start: 'fuse', faultAroundPages: 16 },
    { start: 'erofs', faultAroundPages: 16 },
    { start: 'demand', faultAroundPages: 1 },
  ])(
    '$start: step by step, what the prediction says comes into the page cache',
    async ({ start, faultAroundPages }) => {
      const program = await loadProgram(folder);
      const kernel = kernelOf(program.kernelRelease)!;
      const { settingsOf } = settingsOfStart(start, kernel);
      const prediction = new Prediction({ kernelFor: () => kernel, faultAroundPages, settingsOf });
      const trace = await openTrace(join(folder, 'touch.trace.zst'));
      await decodeRecords(sources(trace), prediction);
      const pages = new PageSteps(program, {
        ...{ kernel, faultAroundPages },
        settingsOf: ({ recorded }) =>
          settingsOf({ bdiRaPages: recorded!.raPages, ioPages: recorded!.ioPages }),
      });
      const predicted = insertedByPrediction(prediction);
      expect(Object.keys(predicted).length).toBeGreaterThan(10);
      expect(insertedBySteps(program, pages)).toEqual(predicted);
    },
  );
});

test.each(recordings.filter(({ workload }) => workload === 'tomcat'))(
  'tomcat listens long before it answers: $guest',
  async ({ folder }) => {
    const program = await loadProgram(folder);
    const { cpuNs, othersNs, prelude, readySteps } = program;
    const listens = listeningStep(program, { from: prelude, to: readySteps, share: 0.1 });
    const sum = (column: Float64Array, from: number, to: number) =>
      column.subarray(from, to).reduce((all, ns) => all + ns, 0);
    const share = (from: number, to: number) => sum(othersNs, from, to) / sum(cpuNs, from, to);
    expect(share(prelude, listens)).toBeGreaterThan(0.2);
    expect(share(listens, readySteps)).toBeLessThan(0.02);
    expect(sum(cpuNs, listens, readySteps)).toBeGreaterThan(0.5 * sum(cpuNs, prelude, readySteps));
  },
);
