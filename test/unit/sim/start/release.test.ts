import { expect, it } from 'vitest';
import { simulate } from '../../../../sim/start/simulate.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

const scenario = syntheticScenario('full');
const readyNs = (releaseNs: number, isTimed = true) =>
  simulate({
    ...scenario,
    program: { ...scenario.program, isTimed },
    parameters: scenario.parameters.with([['release.starts', releaseNs]]),
  }).readyNs;

it('what a program did before it was said to run is no part of Ready', () => {
  expect(readyNs(0) - readyNs(2e6)).toBe(2e6);
});

it('a program that was done by then is ready at once', () => {
  expect(readyNs(1e9)).toBe(0);
});

it('a program whose times are not known has done nothing before', () => {
  expect(readyNs(2e6, false)).toBe(readyNs(0, false));
});
