import { usageError } from '../../trio/errors.ts';
import { Randomness } from '../engine/random.ts';
import type { Settings } from '../input/scenario.ts';
import type { Axis } from './axis.ts';
import { permutation } from './permutation.ts';

/** What a sweep visits. A point is made when it is asked for: there may be more than fit in memory. */
export interface Points {
  readonly count: number;
  at(index: number): Settings;
}

/** Every value with every other; the last axis changes fastest. */
export function grid(axes: readonly Axis[]): Points {
  const open = axes.find(({ count }) => count === 0);
  if (open) throw usageError('BAD_SWEEP', `${open.name} needs STEPS, or the sweep --sample N`);
  const count = axes.reduce((product, axis) => product * axis.count, 1);
  if (!Number.isSafeInteger(count)) throw usageError('BAD_SWEEP', `a grid of ${count} points never ends`);
  return {
    count,
    at(index) {
      const settings: [string, number][] = [];
      for (let i = axes.length - 1, rest = index; i >= 0; i--) {
        const axis = axes[i]!;
        settings.unshift([axis.name, axis.at(rest % axis.count)]);
        rest = Math.floor(rest / axis.count);
      }
      return settings;
    },
  };
}

/**
 * A Latin hypercube: each range is cut in `count` parts, each part has one point, and which part of one range meets
 * which of another is drawn.
 */
export function latinHypercube(axes: readonly Axis[], count: number, seed: string): Points {
  const randomness = new Randomness(seed);
  const drawn = axes.map((axis) => {
    const draws = randomness.stream(`sweep of ${axis.name}`);
    return { axis, part: permutation(count, draws), place: permutation(2 ** 20, draws) };
  });
  return {
    count,
    at: (index) =>
      drawn.map(({ axis, part, place }) => [
        axis.name,
        axis.within((part(index) + place(index % 2 ** 20) / 2 ** 20) / count),
      ]),
  };
}
