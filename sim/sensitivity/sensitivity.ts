import { withSettings, type AnySystem } from '../input/scenario.ts';
import type { ParameterDefinition } from '../parameters/parameter.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import type { System } from '../systems/system.ts';

/** The times that a parameter can move. */
export const movedTimes = ['totalNs', 'deployNs', 'runningNs', 'readyNs'] as const;
export type MovedTime = (typeof movedTimes)[number];

/** What comes of another value of a parameter. */
export interface Moved {
  readonly value: number;
  /** Predicted over what it was, less one. */
  readonly change: Readonly<Record<MovedTime, number>>;
}

/** What a parameter does to a start when it is a little lower and a little higher. */
export interface Effect {
  readonly name: string;
  readonly value: number;
  /** None: the value cannot be lower, or higher. */
  readonly lower: Moved | undefined;
  readonly higher: Moved | undefined;
}

/**
 * Moves each parameter alone, by a ratio of its value.
 *
 * @returns in the order of the parameters, and none for those that are 0: no ratio moves them
 */
export function sensitivity(scenario: AnySystem, system: System, ratio: number): Effect[] {
  const base = simulate({ ...scenario, system });
  const moved = (name: string, value: number | undefined): Moved | undefined => {
    if (value === undefined) return undefined;
    const outcome = simulate({ ...withSettings(scenario, [[name, value]]), system });
    return { value, change: changeOf(outcome, base) };
  };
  return scenario.parameters.definitions.flatMap((definition): Effect[] => {
    const { name } = definition;
    const value = scenario.parameters.get(name);
    if (value === 0) return [];
    const lower = moved(name, neighbour(definition, value, -ratio));
    const higher = moved(name, neighbour(definition, value, ratio));
    return [{ name, value, lower, higher }];
  });
}

/** How far a parameter moves a time, the larger of both directions. */
export function strengthOf({ lower, higher }: Effect, time: MovedTime): number {
  return Math.max(Math.abs(lower?.change[time] ?? 0), Math.abs(higher?.change[time] ?? 0));
}

/** Whole numbers move by at least one; what the limits do not allow is left out. */
function neighbour(definition: ParameterDefinition, value: number, ratio: number): number | undefined {
  const { min = 0, max = Infinity, isInteger } = definition;
  const step = value * ratio;
  const moved = isInteger ? value + Math.sign(step) * Math.max(1, Math.round(Math.abs(step))) : value + step;
  return moved >= min && moved <= max ? moved : undefined;
}

function changeOf(outcome: Outcome, base: Outcome): Record<MovedTime, number> {
  const change = (time: MovedTime) => (base[time] === 0 ? 0 : outcome[time] / base[time] - 1);
  return {
    totalNs: change('totalNs'),
    deployNs: change('deployNs'),
    runningNs: change('runningNs'),
    readyNs: change('readyNs'),
  };
}
