import { simulate, type Outcome, type Scenario } from '../start/simulate.ts';
import type { ParameterDefinition } from '../parameters/parameter.ts';
import type { System } from '../systems/system.ts';
import { figureOf } from './figures.ts';
import { fitted, given, inferred, predicted, type FittedInput } from './slides.ts';
import { solve } from './solve.ts';
import { bounds, metrics, neededBytesOf, type Metric, type Published } from './table.ts';

/** One figure of the table beside the predicted one. */
export interface PublishedCell {
  readonly system: string;
  readonly metric: Metric;
  readonly published: number;
  readonly predicted: number;
  /** Predicted over published, less one. */
  readonly error: number;
  readonly bound: number;
  /** A parameter was set so that it is met. */
  readonly isFitted: boolean;
}

/** A start that the table has no row of, in its terms. */
export interface PredictedRow {
  readonly system: string;
  readonly figures: Readonly<Record<Metric, number>>;
}

export interface PublishedComparison {
  readonly neededBytes: number;
  readonly cells: readonly PublishedCell[];
  readonly predictions: readonly PredictedRow[];
}

/** The start whose parameters are to be set, and where settings come from. */
export interface Profile {
  readonly published: Published;
  readonly systems: readonly System[];
  /** With what is given and inferred. */
  readonly scenario: Omit<Scenario, 'system'>;
  /** The same with some parameters set. */
  readonly with: (settings: readonly (readonly [string, number])[]) => Omit<Scenario, 'system'>;
}

export type Values = Readonly<Record<string, number>>;

/** What does not depend on the fit. */
export const fixedSettings = [...given, ...inferred].map(({ name, value }) => [name, value] as const);

/** Also of another machine: the registry's is taken as fast as the node. */
function settingsOf(values: Values): [string, number][] {
  const speed = values['host.speed'];
  return [
    ...Object.entries(values),
    ...(speed === undefined ? [] : [['registry.speed', speed] as [string, number]]),
  ];
}

function outcomeOf(profile: Profile, values: Values, id: string): Outcome {
  const system = profile.systems.find((candidate) => candidate.id === id);
  if (!system) throw new Error(`the published table has a row of ${id}, which no model is of`);
  return simulate({ ...profile.with(settingsOf(values)), system });
}

function figure(
  { published, scenario }: Profile,
  values: Values,
  outcome: Outcome,
  system: string,
  metric: Metric,
) {
  const neededBytes = neededBytesOf(published);
  const imageScale = values['full.imageScale'] ?? 1;
  return figureOf(outcome, metric, { system, image: scenario.image, imageScale, neededBytes });
}

/** All cells, and the rows that the table has not. */
export function comparePublished(profile: Profile, values: Values): PublishedComparison {
  const cells = profile.published.rows.flatMap((row) => {
    const outcome = outcomeOf(profile, values, row.system);
    return metrics.map((metric): PublishedCell => {
      const is = figure(profile, values, outcome, row.system, metric);
      const isFitted = fitted.some((input) => input.systems.includes(row.system) && input.metric === metric);
      return {
        ...{ system: row.system, metric, published: row[metric], predicted: is, error: is / row[metric] - 1 },
        ...{ bound: bounds[metric], isFitted },
      };
    });
  });
  const predictions = predicted.map((system): PredictedRow => {
    const outcome = outcomeOf(profile, values, system);
    const figures = metrics.map((metric) => [metric, figure(profile, values, outcome, system, metric)]);
    return { system, figures: Object.fromEntries(figures) as Record<Metric, number> };
  });
  return { neededBytes: neededBytesOf(profile.published), cells, predictions };
}

/** Rounds of fitting one after the other: each moves the cells of those before it a little. */
const rounds = 4;

/** What of a row comes out, over what is published. */
function ratioOf(profile: Profile, values: Values, system: string, metric: Metric): number {
  const row = profile.published.rows.find((candidate) => candidate.system === system);
  if (!row) throw new Error(`the published table has no row of ${system}`);
  return figure(profile, values, outcomeOf(profile, values, system), system, metric) / row[metric];
}

/**
 * Fits one parameter after the other, each to its own cells.
 *
 * @param onStep  is told what is fitted now
 */
export function fit(profile: Profile, onStep: (round: number, input: FittedInput) => void): Values {
  let values: Values = Object.fromEntries(
    fitted.map(({ name, from = profile.scenario.parameters.get(name) }) => [name, from]),
  );
  for (let round = 1; round <= rounds; round++)
    for (const input of fitted) {
      onStep(round, input);
      const { name, systems, metric } = input;
      const { min = 0, max = Infinity, isInteger } = definitionOf(profile, name);
      // Six digits say it all, and are the same however a machine rounds.
      const allowed = (value: number) => {
        const digits = Number(Math.max(min, Math.min(max, value)).toPrecision(6));
        return isInteger ? Math.round(digits) : digits;
      };
      const valueAt = (value: number) => {
        const changed = { ...values, [name]: allowed(value) };
        const ratios = systems.map((system) => ratioOf(profile, changed, system, metric));
        return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
      };
      values = { ...values, [name]: allowed(solve(valueAt, values[name]!, 1)) };
    }
  return values;
}

function definitionOf({ scenario }: Profile, name: string): ParameterDefinition {
  const definition = scenario.parameters.definitions.find((candidate) => candidate.name === name);
  if (!definition) throw new Error(`no model declares the parameter ${name}`);
  return definition;
}
