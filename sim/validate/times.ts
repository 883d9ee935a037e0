import { median } from 'simple-statistics';
import { calibrationOf } from '../input/calibration.ts';
import { readStart } from '../input/recorded-start.ts';
import { Parameters } from '../parameters/parameters.ts';
import { simulate, type Outcome, type Scenario } from '../start/simulate.ts';
import { parameterDefinitions, systems } from '../systems/index.ts';
import { metrics, type Cell, type Metric } from './bounds.ts';
import { readFigures, type Figure } from './figures.ts';
import type { Recording } from './recordings.ts';

/** Networks that starts are recorded on. */
const nets = ['lan10g', 'lan1g', 'wan100m'];

/** Of a start that chance has a part in, so many are predicted; an odd number, so that one is in the middle. */
const draws = 15;

/** Predicts each measured start of a recording, and holds the figures side by side. */
export async function checkTimes(golden: string, { guest, workload, folder }: Recording): Promise<Cell[]> {
  const measured = await calibrationOf(golden, guest);
  const parameters = Parameters.of(parameterDefinitions, measured);
  const start = await readStart(folder);
  const cells: Cell[] = [];
  for (const net of nets) {
    const figures = await readFigures(folder, net);
    if (!figures) continue;
    for (const figure of figures.results) {
      const system = systems.find(({ id }) => id === figure.system);
      if (!system) continue;
      const outcomes = predict({ ...start, system, parameters, net: figures.environment.net });
      for (const metric of metrics) {
        const [was, is] = [
          measuredOf(figure, metric),
          median(outcomes.map((outcome) => valueOf(outcome, metric))),
        ];
        cells.push({
          ...{ guest, workload, system: system.id, net, metric },
          ...{ measured: was, predicted: is, error: is / was - 1 },
        });
      }
    }
  }
  return cells;
}

/** With as many seeds as there is chance in it. */
function predict(scenario: Omit<Scenario, 'seed'>): Outcome[] {
  const first = simulate({ ...scenario, seed: 'trio' });
  if (!first.isDrawn) return [first];
  return [
    first,
    ...Array.from({ length: draws - 1 }, (_, i) => simulate({ ...scenario, seed: `trio ${i + 2}` })),
  ];
}

/** Much hangs on layout and on order, by some per cent: of several starts the one in the middle, where there are several. */
function measuredOf(figure: Figure, metric: Metric): number {
  return figure.samples?.metrics[metric]?.median ?? valueOf(figure, metric);
}

function valueOf(of: Figure | Outcome, metric: Metric): number {
  if (metric === 'registry.requests') return of.registry.requests;
  return metric === 'registry.bytes' ? of.registry.bytes : of[metric];
}
