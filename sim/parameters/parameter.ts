/** Where a parameter's value is from. */
export type ParameterSource =
  /** A micro-benchmark in the VM: the parameter of that name in golden/<guest>/calibration.json. */
  | { readonly kind: 'measured' }
  /** Stated in a project's code or documentation. */
  | { readonly kind: 'read'; readonly where: string }
  /** Concluded from other facts, not seen. */
  | { readonly kind: 'inferred'; readonly why: string }
  /** A choice of the scenario: what the user explores. */
  | { readonly kind: 'chosen'; readonly why: string }
  /** Set so that a published figure comes out. */
  | { readonly kind: 'fitted'; readonly to: string };

export interface ParameterDefinition {
  readonly name: string;
  readonly unit: string;
  /** What it says, in a line. */
  readonly what: string;
  readonly source: ParameterSource;
  /** None for what is measured: the calibration has it. */
  readonly value?: number;
  /** Inclusive limits of what makes sense; default: any number from 0 on. */
  readonly min?: number;
  readonly max?: number;
  readonly isInteger?: boolean;
}

/** What a micro-benchmark in the VM has measured, under the name that it has in the calibration. */
export function measured(name: string, unit: string, what: string): ParameterDefinition {
  // Nobody has all of a processor while somebody else waits for it.
  const limit = unit === 'ns/ns' ? { max: 0.99 } : {};
  return { name, unit, what, ...limit, source: { kind: 'measured' } };
}
