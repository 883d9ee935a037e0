import { expect, it } from 'vitest';
import { simulate } from '../../../../sim/start/simulate.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

const scenario = syntheticScenario('crfs-lazy');
const { program, image, parameters } = scenario;

/** What a start takes to be ready beside whose first two steps others had a third of the processor. */
function readyNs(readiness: 'http' | 'tcp', listeningShare: number): number {
  const othersNs = program.othersNs.map((_, step) => (step < 3 ? program.cpuNs[step]! / 3 : 0));
  return simulate({
    ...scenario,
    image: { ...image, readiness },
    program: { ...program, othersNs },
    parameters: parameters.with([['probe.listeningShare', listeningShare]]),
  }).readyNs;
}

it('nobody takes part of the processor any more when an HTTP server listens', () => {
  const [never, later, always] = [0, 0.2, 1].map((share) => readyNs('http', share));
  expect(later).toBeLessThan(0.99 * never!);
  expect(always).toBeLessThan(0.99 * later!);
});

it('a TCP port is asked until it is ready', () => {
  expect(readyNs('tcp', 1)).toBe(readyNs('tcp', 0));
});
