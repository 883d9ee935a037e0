import { expect, it } from 'vitest';
import { simulate } from '../../../../sim/start/simulate.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

const scenario = syntheticScenario('crfs-lazy');

/** What a start takes to be ready whose server listens from that step on. */
function readyNs(readiness: 'http' | 'tcp', listeningStep: number): number {
  const { image, program } = scenario;
  return simulate({
    ...scenario,
    image: { ...image, readiness },
    program: { ...program, listeningStep },
  }).readyNs;
}
const { steps } = scenario.program;

it('nobody takes part of the processor any more when the server listens', () => {
  const all = Array.from({ length: steps }, (_, i) => readyNs('http', steps - i));
  expect(all).toEqual(all.toSorted((a, b) => b - a));
  expect(all.at(-1)).toBeLessThan(0.95 * all[0]!);
});

it('a TCP port is asked until it is ready', () => {
  expect(readyNs('tcp', 1)).toBe(readyNs('tcp', steps));
});
