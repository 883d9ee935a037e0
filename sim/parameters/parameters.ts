import { closest } from 'fastest-levenshtein';
import { TrioError, usageError } from '../../trio/errors.ts';
import type { ParameterDefinition } from './parameter.ts';

/** A value for every parameter of the models. */
export class Parameters {
  readonly definitions: readonly ParameterDefinition[];
  readonly #values: ReadonlyMap<string, number>;

  private constructor(definitions: readonly ParameterDefinition[], values: ReadonlyMap<string, number>) {
    this.definitions = definitions;
    this.#values = values;
  }

  /**
   * Each parameter's own value, or the one that was measured.
   *
   * @param measured  by name, as in a calibration
   * @throws TrioError `NOT_MEASURED` for a parameter that has no value then
   */
  static of(definitions: readonly ParameterDefinition[], measured: ReadonlyMap<string, number>): Parameters {
    const values = new Map<string, number>();
    for (const { name, value = measured.get(name) } of definitions) {
      if (values.has(name)) throw new Error(`the parameter ${name} is declared twice`);
      if (value === undefined)
        throw new TrioError('NOT_MEASURED', `the calibration has no ${name}; run npm run vm:calibrate again`);
      values.set(name, value);
    }
    return new Parameters(definitions, values);
  }

  /** These and others, which have other names. */
  and(others: Parameters): Parameters {
    return new Parameters(
      [...this.definitions, ...others.definitions],
      new Map([...this.#values, ...others.#values]),
    );
  }

  get(name: string): number {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`no model declares the parameter ${name}`);
    return value;
  }

  /**
   * The same with some set anew.
   *
   * @throws TrioError `UNKNOWN_PARAMETER`, `BAD_PARAMETER` (exit code 2)
   */
  with(settings: Iterable<readonly [name: string, value: number]>): Parameters {
    const values = new Map(this.#values);
    for (const [name, value] of settings) {
      this.#check(name, value);
      values.set(name, value);
    }
    return new Parameters(this.definitions, values);
  }

  #check(name: string, value: number): void {
    const definition = this.definitions.find((known) => known.name === name);
    if (!definition)
      throw usageError('UNKNOWN_PARAMETER', `there is no parameter "${name}"${this.#like(name)}`);
    const { min = 0, max = Infinity, isInteger = false, unit } = definition;
    if (value >= min && value <= max && (!isInteger || Number.isInteger(value))) return;
    const kind = isInteger ? 'a whole number' : 'a number';
    const limits = max === Infinity ? `from ${min} on` : `from ${min} to ${max}`;
    throw usageError('BAD_PARAMETER', `${name} is ${kind} ${limits} (${unit}), not ${value}`);
  }

  /** The nearest name, and others that end alike, for who has forgotten what comes before. */
  #like(name: string): string {
    const names = this.definitions.map((known) => known.name);
    const nearest = closest(name, names);
    const last = name.split('.').at(-1)!.toLowerCase();
    const alike = names
      .filter((known) => known !== nearest && known.toLowerCase().includes(last))
      .slice(0, 2);
    return `; do you mean ${[nearest, ...alike].join(' or ')}? --params lists them all`;
  }
}
