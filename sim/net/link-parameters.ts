import type { ParameterDefinition } from '../parameters/parameter.ts';
import { Parameters } from '../parameters/parameters.ts';
import type { LinkSettings } from './link.ts';

const source = { kind: 'chosen', why: '--net' } as const;

/** The line as parameters, so that it can be explored like all else. */
const definitions: readonly ParameterDefinition[] = [
  { name: 'net.rttNs', unit: 'ns', what: "both directions' delays together", max: 10e9, source },
  { name: 'net.rateBps', unit: 'bit/s', what: 'of each direction', min: 1, source },
  { name: 'net.lossRatio', unit: 'ratio', what: 'packets lost of each direction', max: 0.99, source },
];

/** The parameters, and those of the line beside them. */
export function withLink(parameters: Parameters, { rttNs, rateBps, lossRatio }: LinkSettings): Parameters {
  return parameters.and(
    Parameters.of(
      definitions,
      new Map([
        ['net.rttNs', rttNs],
        ['net.rateBps', rateBps],
        ['net.lossRatio', lossRatio],
      ]),
    ),
  );
}

/** The line that parameters made by `withLink` describe. */
export function linkOf(parameters: Parameters): LinkSettings {
  return {
    rttNs: parameters.get('net.rttNs'),
    rateBps: parameters.get('net.rateBps'),
    lossRatio: parameters.get('net.lossRatio'),
  };
}
