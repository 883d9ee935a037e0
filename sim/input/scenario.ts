import { parseNetwork } from '../../trio/network/profile.ts';
import { memoryLimit } from '../host/parameters.ts';
import { linkOf, withLink } from '../net/link-parameters.ts';
import type { Parameters } from '../parameters/parameters.ts';
import type { Scenario } from '../start/simulate.ts';
import { findStart, type FoundStart } from './find-start.ts';

export type Settings = readonly (readonly [name: string, value: number])[];

/** What names a start and its circumstances; plain data, so that a worker thread can be given it. */
export interface ScenarioRequest {
  readonly golden: string;
  readonly guest: string;
  readonly workload: string;
  readonly net: string;
  readonly set: Settings;
  readonly seed: string;
  /** The start may get a memory limit later, by `withSettings`. */
  readonly limitsMemory?: boolean;
}

/** A cold start under a system that is still to be chosen. */
export type AnySystem = Omit<Scenario, 'system'>;

/**
 * Reads a start and sets its parameters, those of the line (`net.rttNs` …) among them.
 *
 * @throws TrioError, among them `UNKNOWN_WORKLOAD`, `BAD_NETWORK`, `UNKNOWN_PARAMETER`
 */
export async function loadScenario(request: ScenarioRequest): Promise<AnySystem & FoundStart> {
  const { golden, guest, workload, net, set, seed } = request;
  const limitsMemory = request.limitsMemory ?? set.some(([name, value]) => name === memoryLimit && value > 0);
  const start = await findStart(golden, guest, workload, limitsMemory);
  const parameters = withLink(start.parameters, parseNetwork(net)).with(set);
  return { ...start, seed, ...circumstances(parameters) };
}

/** The same start with some parameters set anew. */
export function withSettings<S extends AnySystem>(scenario: S, settings: Settings): S {
  return { ...scenario, ...circumstances(scenario.parameters.with(settings)) };
}

function circumstances(parameters: Parameters): Pick<AnySystem, 'parameters' | 'net'> {
  return { parameters, net: linkOf(parameters) };
}
