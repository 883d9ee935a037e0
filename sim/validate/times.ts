import { calibrationOf } from '../input/calibration.ts';
import { readStart } from '../input/recorded-start.ts';
import { Parameters } from '../parameters/parameters.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import { parameterDefinitions, systems } from '../systems/index.ts';
import { metrics, type Cell, type Metric } from './bounds.ts';
import { readFigures, type Figure } from './figures.ts';
import type { Recording } from './recordings.ts';

/** Networks that starts are recorded on. */
const nets = ['lan10g', 'lan1g', 'wan100m'];

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
      const outcome = simulate({ ...start, system, parameters, net: figures.environment.net, seed: 'trio' });
      for (const metric of metrics) {
        const [was, is] = [measuredOf(figure, metric), valueOf(outcome, metric)];
        cells.push({
          ...{ guest, workload, system: system.id, net, metric },
          ...{ measured: was, predicted: is, error: is / was - 1 },
        });
      }
    }
  }
  return cells;
}

/** Times hang on layout, by some per cent: of several starts the one in the middle, where there are several. */
function measuredOf(figure: Figure, metric: Metric): number {
  return figure.samples?.metrics[metric]?.median ?? valueOf(figure, metric);
}

function valueOf(of: Figure | Outcome, metric: Metric): number {
  if (metric === 'registry.requests') return of.registry.requests;
  return metric === 'registry.bytes' ? of.registry.bytes : of[metric];
}
