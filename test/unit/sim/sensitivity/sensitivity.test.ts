import { describe, expect, test } from 'vitest';
import { sensitivityTable } from '../../../../sim/report/sensitivity-table.ts';
import { sensitivity, strengthOf } from '../../../../sim/sensitivity/sensitivity.ts';
import { simulate } from '../../../../sim/start/simulate.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

const of = (systemId: string, ratio = 0.1) => {
  const scenario = syntheticScenario(systemId);
  const effects = sensitivity(scenario, scenario.system, ratio);
  const named = (name: string) => effects.find((effect) => effect.name === name);
  return { scenario, effects, named };
};

describe('sensitivity', () => {
  test('says what a start with the other value takes', () => {
    const { scenario, named } = of('crfs', 0.2);
    const parameters = scenario.parameters.with([['stargz-chunk.bytes', 1.2]]);
    const ratio = simulate({ ...scenario, parameters }).totalNs / simulate(scenario).totalNs - 1;
    const { lower, higher } = named('stargz-chunk.bytes')!;
    expect(higher).toMatchObject({ value: 1.2, change: { totalNs: ratio, deployNs: 0 } });
    expect(ratio).toBeGreaterThan(0);
    expect(lower!.change.totalNs).toBeLessThan(0);
  });

  test('moves the line as well', () => {
    const { lower, higher } = of('crfs').named('net.rateBps')!;
    expect([lower!.value, higher!.value]).toEqual([0.9e9, 1.1e9]);
    // Of readyNs: what is fetched on demand is what the line slows.
    expect(lower!.change.readyNs).toBeGreaterThan(0);
  });

  test('moves a whole number by at least one, within its limits', () => {
    const { named } = of('crfs');
    expect(named('host.cores')).toMatchObject({ lower: undefined, higher: { value: 2 } });
    expect(named('registry.isOnHost')).toMatchObject({ lower: { value: 0 }, higher: undefined });
    expect(named('fuse.requestPagesMax')).toMatchObject({ lower: { value: 29 }, higher: { value: 35 } });
  });

  test('leaves out what is 0, and finds that what a system does not use does nothing', () => {
    const { named } = of('full');
    expect(named('net.lossRatio')).toBeUndefined();
    expect(strengthOf(named('stargz-chunk.bytes')!, 'totalNs')).toBe(0);
  });
});

test('the table has the strongest first, with the longest bar, and counts those that do nothing', () => {
  const moved = (value: number, totalNs: number) => ({
    value,
    change: { totalNs, deployNs: 0, runningNs: 0, readyNs: 0 },
  });
  const table = sensitivityTable(
    [
      { name: 'weak', value: 10, lower: moved(9, -0.01), higher: moved(11, 0.01) },
      { name: 'none', value: 10, lower: moved(9, 0), higher: moved(11, 0.00001) },
      { name: 'strong', value: 1, lower: undefined, higher: moved(2, -0.1) },
    ],
    'totalNs',
  );
  expect(table).toBe(
    [
      '┌───────────┬───────┬─────────┬──────────┬────────────────────────────────┐',
      '│ parameter │ value │   lower │   higher │                                │',
      '├───────────┼───────┼─────────┼──────────┼────────────────────────────────┤',
      '│ strong    │     1 │       – │ −10.00 % │ ██████████████████████████████ │',
      '│ weak      │    10 │ −1.00 % │  +1.00 % │ ███                            │',
      '└───────────┴───────┴─────────┴──────────┴────────────────────────────────┘',
      '1 others move it by less than 0.01 %\n',
    ].join('\n'),
  );
});
