import { createHash } from 'node:crypto';
import { TrioError, usageError } from '../../trio/errors.ts';
import { EndlessError } from '../engine/engine.ts';
import {
  loadScenario,
  withSettings,
  type AnySystem,
  type ScenarioRequest,
  type Settings,
} from '../input/scenario.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { memoryLimit } from '../host/parameters.ts';
import type { System } from '../systems/system.ts';
import { parseAxis } from './axis.ts';
import { csv, ndjson, type Definition, type Format } from './format.ts';
import { grid, latinHypercube, type Points } from './points.ts';

/** What is to be swept; plain data, so that a worker thread can be given it. */
export interface SweepRequest extends ScenarioRequest {
  /** None: all. */
  readonly systems?: readonly string[] | undefined;
  readonly axes: readonly string[];
  /** Points of a Latin hypercube; none: the grid. */
  readonly sample?: number | undefined;
  readonly format: 'csv' | 'ndjson';
}

/** @throws TrioError that says at which point */
function predicted(predict: () => Outcome, settings: Settings, { id }: System): Outcome {
  try {
    return predict();
  } catch (error) {
    if (!(error instanceof TrioError || error instanceof EndlessError)) throw error;
    const point = settings.map(([name, value]) => `${name}=${value}`).join(', ');
    throw usageError('BAD_POINT', `${id} at ${point}: ${error.message}`);
  }
}

/** A start that waits to be predicted at any point of a sweep. */
export class Sweep {
  readonly definition: Definition;
  readonly format: Format;
  readonly #scenario: AnySystem;
  readonly #systems: readonly System[];
  readonly #points: Points;
  readonly #names: readonly string[];

  /** @throws TrioError for what is wrong in the request, before anything is written */
  static async load(request: SweepRequest): Promise<Sweep> {
    const limitsMemory = [...request.axes, ...request.set.map(([name]) => `${name}=`)].some((axis) =>
      axis.startsWith(`${memoryLimit}=`),
    );
    return new Sweep(request, await loadScenario({ ...request, limitsMemory }));
  }

  private constructor(request: SweepRequest, scenario: AnySystem) {
    const { guest, workload, net, set, seed, sample } = request;
    this.#scenario = scenario;
    this.#systems = systemsNamed(request.systems);
    const axes = request.axes.map((text) => parseAxis(text, scenario.parameters));
    this.#names = axes.map(({ name }) => name);
    const twice = this.#names.find((name, i) => this.#names.indexOf(name) < i);
    if (twice !== undefined) throw usageError('BAD_SWEEP', `${twice} is swept twice`);
    this.#points = sample === undefined ? grid(axes) : latinHypercube(axes, sample, seed);
    this.format = request.format === 'csv' ? csv : ndjson;
    const definition = {
      ...{ guest, workload, kernel: scenario.program.kernelRelease },
      ...{ systems: this.#systems.map(({ id }) => id), net, set, seed },
      ...{ axes: request.axes, isSample: sample !== undefined, points: this.#points.count },
    };
    const parameters = scenario.parameters.definitions.map(({ name }) => scenario.parameters.get(name));
    const identity = JSON.stringify([definition, parameters]);
    const id = createHash('sha256').update(identity).digest('hex').slice(0, 16);
    this.definition = { id, ...definition };
  }

  get head(): string {
    return this.format.head(this.definition, this.#names);
  }

  /**
   * The rows of the points [from, to).
   *
   * @throws TrioError with the first point that cannot be predicted
   */
  rows(from: number, to: number): string {
    let text = '';
    for (let point = from; point < to; point++) {
      const settings = this.#points.at(point);
      const scenario = withSettings(this.#scenario, settings);
      for (const system of this.#systems) {
        const outcome = predicted(() => simulate({ ...scenario, system }), settings, system);
        text += this.format.row(this.definition.id, point, settings, system.id, outcome);
      }
    }
    return text;
  }
}
