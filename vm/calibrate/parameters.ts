import type { CalibrationSample, Parameter } from '../../trio/calibration/calibration.ts';
import { fitCosts, type Costs, type Fit } from './fit.ts';
import { withPieces } from './pieces.ts';
import { series, units } from './series.ts';

/**
 * The costs of all series. A quantity with a dot is a parameter of another series, which is fitted first.
 *
 * @throws Error for a series or quantity that is not described, or one that cannot be fitted
 */
export function parametersOf(measured: readonly CalibrationSample[]): Parameter[] {
  const samples = withPieces(measured);
  const fits = new Map<string, Fit>();
  const names = [...new Set(samples.map(({ series: name }) => name))];
  return names.flatMap((name) => {
    const what = series[name];
    if (!what) throw new Error(`nothing is known of the series ${name}`);
    const own = samples.filter((sample) => sample.series === name);
    const fitted = own.filter(({ check }) => !check).length;
    const { costs, checkError } = fitOf(name, samples, fits);
    const others = seriesUsed(own);
    const beside = others.length > 0 ? `; beside what ${others.join(', ')} say` : '';
    const how = `${what}${beside}; fitted to ${fitted} samples, checked with ${own.length - fitted}`;
    return Object.entries(costs).map(([quantity, value]) => {
      const one = units[quantity];
      if (!one) throw new Error(`nothing is known of the quantity ${quantity}`);
      const noise = value === 0 ? '; too little to be told from noise' : '';
      return { name: `${name}.${quantity}`, value, unit: `ns/${one}`, how: how + noise, checkError };
    });
  });
}

/** Fits a series after those whose parameters it uses. */
function fitOf(name: string, samples: readonly CalibrationSample[], fits: Map<string, Fit>): Fit {
  const done = fits.get(name);
  if (done) return done;
  const own = samples.filter((sample) => sample.series === name);
  if (own.length === 0) throw new Error(`a series uses ${name}, of which there is no sample`);
  const known: Costs = Object.fromEntries(
    seriesUsed(own).flatMap((other) =>
      Object.entries(fitOf(other, samples, fits).costs).map(([quantity, ns]) => [`${other}.${quantity}`, ns]),
    ),
  );
  const fit = fitCosts(own, known);
  fits.set(name, fit);
  return fit;
}

function seriesUsed(samples: readonly CalibrationSample[]): string[] {
  const quantities = samples.flatMap(({ x }) => Object.keys(x)).filter((quantity) => quantity.includes('.'));
  return [...new Set(quantities.map((quantity) => quantity.slice(0, quantity.indexOf('.'))))].sort();
}
