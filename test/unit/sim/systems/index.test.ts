import { describe, expect, it } from 'vitest';
import { systemOf } from '../../../../sim/input/systems-named.ts';
import { parameterDefinitions, systems } from '../../../../sim/systems/index.ts';
import { trio } from '../../../../sim/systems/trio.ts';

describe('the systems', () => {
  it('are found by their ids', () => {
    expect(systems.map(({ id }) => id).join(' ')).toBe(
      'full crfs crfs-lazy nydus nydus-erofs dadi dadi-trace trio trio-nydus',
    );
    expect(systemOf('trio')).toBe(trio);
  });

  it('say what there is if there is none', () => {
    const find = () => systemOf('Nydus');
    expect(find).toThrow('there is no system "Nydus"; there are full, crfs, crfs-lazy, nydus,');
    expect(find).toThrow(expect.objectContaining({ code: 'UNKNOWN_SYSTEM', exitCode: 2 }));
  });

  it('declare each parameter once, with a value that its limits allow unless it is measured', () => {
    const names = parameterDefinitions.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    const wrong = parameterDefinitions.filter(
      ({ value, source, min = 0, max = Infinity, isInteger = false }) =>
        (value === undefined) !== (source.kind === 'measured') ||
        (value !== undefined && (value < min || value > max || (isInteger && !Number.isInteger(value)))),
    );
    expect(wrong).toEqual([]);
  });
});
