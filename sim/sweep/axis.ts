import { usageError } from '../../trio/errors.ts';
import type { Parameters } from '../parameters/parameters.ts';

/** The values that a sweep gives a parameter. */
export interface Axis {
  readonly name: string;
  /** How many a grid takes; 0: only `--sample` can say. */
  readonly count: number;
  /** The value at a place of the range, from 0 to 1, or below 1 in a list. */
  within(ratio: number): number;
  /** One of the `count`. */
  at(index: number): number;
}

export const axisHelp = 'NAME=FROM:TO:STEPS, NAME=log:FROM:TO:STEPS or NAME=A,B,C; --sample needs no STEPS';

/** Twelve digits: all that a reader sees, and powers may differ beyond from one machine to the next. */
const rounded = (value: number) => Number(value.toPrecision(12));

/**
 * Reads a range, and checks that all of its values are allowed.
 *
 * @throws TrioError `BAD_SWEEP`, `UNKNOWN_PARAMETER`, `BAD_PARAMETER` (exit code 2)
 */
export function parseAxis(text: string, parameters: Parameters): Axis {
  const [, name = '', values = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const bad = (why: string) => usageError('BAD_SWEEP', `"${text}": ${why}; write ${axisHelp}`);
  if (name === '') throw bad('no range');
  const isInteger = parameters.definitions.find((known) => known.name === name)?.isInteger === true;
  const exact = isInteger ? (value: number) => Math.round(value) : rounded;
  const axis = values.includes(':') ? range(name, values, exact, bad) : list(name, values, bad);
  // Between its ends a range has nothing that they do not bound.
  const extremes = values.includes(':')
    ? [0, 1].map((ratio) => axis.within(ratio))
    : Array.from({ length: axis.count }, (_, i) => axis.at(i));
  for (const value of extremes) parameters.with([[name, value]]);
  return axis;
}

function range(
  name: string,
  text: string,
  exact: (value: number) => number,
  bad: (why: string) => Error,
): Axis {
  const parts = text.split(':');
  const isLog = parts[0] === 'log';
  const [from, to, steps = '0', ...rest] = isLog ? parts.slice(1) : parts;
  const [first, last, count] = [number(from, bad), number(to, bad), number(steps, bad)];
  if (rest.length > 0) throw bad('too many parts');
  if (!Number.isSafeInteger(count) || count < 0 || (count === 0 && parts.length === (isLog ? 4 : 3)))
    throw bad('STEPS is a whole number from 1 on');
  if (isLog && !(first > 0 && last > 0)) throw bad('a logarithmic range is of positive numbers');
  const within = (ratio: number) =>
    exact(isLog ? first * (last / first) ** ratio : first + (last - first) * ratio);
  return { name, count, within, at: (index) => within(count === 1 ? 0 : index / (count - 1)) };
}

function list(name: string, text: string, bad: (why: string) => Error): Axis {
  const values = text.split(',').map((part) => number(part, bad));
  const at = (index: number) => values[index]!;
  return { name, count: values.length, at, within: (ratio) => at(Math.floor(ratio * values.length)) };
}

function number(text: string | undefined, bad: (why: string) => Error): number {
  const value = Number(text);
  if (text === undefined || text.trim() === '' || !Number.isFinite(value))
    throw bad(`"${text ?? ''}" is no number`);
  return value;
}
