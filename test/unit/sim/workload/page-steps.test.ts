import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernelOf } from '../../../../sim/pagecache/kernel.ts';
import { Prediction } from '../../../../sim/pagecache/predict.ts';
import { PageSteps } from '../../../../sim/workload/page-steps.ts';
import { buildProgram } from '../../../../sim/workload/program.ts';
import { Run } from '../../../../sim/workload/run.ts';
import { decodeRecords, type TraceVisitor } from '../../../../trio/trace/rich-trace.ts';
import { insertedBySteps, insertedByPrediction } from '../../../support/inserted.ts';
import { NaiveKernel, type Step } from '../../../support/naive-kernel.ts';

const filesBytes = [1, 40, 700].map((pages) => pages * 4096 - 100);
const page = fc.oneof(fc.nat(700), fc.nat(60));
const open = fc.nat(4);
const mm = fc.nat(2);
const pos = page.map((p) => p * 4096);
const count = fc.oneof(fc.constant(4096), fc.nat(300_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('open' as const), file: fc.nat(2) }),
  fc.record({ do: fc.constantFrom('read' as const, 'splice' as const), open, pos, count }),
  fc.record({ do: fc.constant('advise' as const), open, pos, count, advice: fc.nat(3) }),
  fc.record({ do: fc.constant('fork' as const), from: mm, to: mm, hasAnon: fc.boolean() }),
  fc.record({ do: fc.constant('unmap' as const), mm, open, first: page, pages: fc.nat(100) }),
  fc.record({ do: fc.constant('evict' as const), file: fc.nat(2), page }),
  {
    weight: 10,
    arbitrary: fc.record({
      ...{ do: fc.constant('touch' as const), mm, open, page },
      ...{ write: fc.boolean(), vmaLock: fc.boolean() },
    }),
  },
);
const openAll: Step[] = [0, 1, 2, 2, 1].map((file) => ({ do: 'open', file }));

test('step by step, the same comes into the cache as in a prediction from the trace', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('6.1' as const, '6.12' as const),
      fc.array(page, { maxLength: 20 }),
      fc.array(step, { maxLength: 150, size: 'max' }),
      fc.constantFrom(1, 4, 16),
      fc.option(
        fc.record({
          raPages: fc.constantFrom(0, 4, 32),
          ioPages: fc.constantFrom(32, 320),
          largeFolios: fc.boolean(),
        }),
        { nil: undefined },
      ),
      async (version, foreign, steps, faultAroundPages, settings) => {
        const traced = new NaiveKernel(
          { version, raPages: 32, ioPages: 320, large: false, faultAroundPages: 1 },
          filesBytes,
        );
        traced.warm(2, foreign);
        traced.run([...openAll, ...steps]);
        const decode = async (visitor: TraceVisitor) =>
          decodeRecords([{ name: 'cpu0', chunks: [traced.writer.bytes()] }], visitor);
        const kernel = kernelOf(version)!;
        const prediction = new Prediction({
          kernelFor: () => kernel,
          faultAroundPages,
          settingsOf: () => settings,
        });
        await decode(prediction);
        const run = new Run();
        await decode(run);
        const program = buildProgram(run);
        const pages = new PageSteps(program, { kernel, faultAroundPages, settingsOf: () => settings });
        expect(insertedBySteps(program, pages)).toEqual(insertedByPrediction(prediction));
      },
    ),
  );
});
