import { usageError } from '../errors.ts';

/**
 * A network between node and registry, under the name that results carry. The VM gives it to netem, the simulator to
 * its link: one definition, so that a name means the same in both.
 */
export interface NetworkProfile {
  readonly profile: string;
  readonly rttNs: number;
  /** Of each direction, in bits a second. */
  readonly rateBps: number;
  /** Packet loss of each direction, as a ratio from 0 to 1. */
  readonly lossRatio: number;
}

const named: readonly NetworkProfile[] = [
  { profile: 'lan10g', rttNs: 200_000, rateBps: 10e9, lossRatio: 0 },
  { profile: 'lan1g', rttNs: 500_000, rateBps: 1e9, lossRatio: 0 },
  { profile: 'wan100m', rttNs: 20_000_000, rateBps: 100e6, lossRatio: 0 },
];

/** The profiles that have a name, from the fastest on. */
export const networkNames: readonly string[] = named.map(({ profile }) => profile);

const nsPer: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const bpsPer: Readonly<Record<string, number>> = { kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** For `--help`. */
export const networkHelp = `${networkNames.join(', ')} or rtt=20ms,rate=100mbit[,loss=0.1%]`;

/**
 * Reads a profile: a name, or `rtt=…,rate=…,loss=…` with units (`us ms s`, `kbit mbit gbit`, `%`).
 *
 * @throws TrioError `BAD_NETWORK` (exit code 2) that says which part is wrong
 */
export function parseNetwork(text: string): NetworkProfile {
  const known = named.find(({ profile }) => profile === text);
  if (known) return known;
  const bad = (why: string) =>
    usageError('BAD_NETWORK', `network profile "${text}": ${why}; write ${networkHelp}`);
  if (!text.includes('=')) throw bad('unknown name');
  const parts = new Map<string, string>();
  for (const part of text.split(',')) {
    const [key = '', value] = part.split('=');
    if (!['rtt', 'rate', 'loss'].includes(key)) throw bad(`"${key}" is none of rtt, rate, loss`);
    if (value === undefined || parts.has(key)) throw bad(`${key} must be given once, with a value`);
    parts.set(key, value);
  }
  const rttNs = quantity(parts.get('rtt'), nsPer);
  if (rttNs === undefined) throw bad(`rtt needs a time with a unit (${Object.keys(nsPer).join(', ')})`);
  const rateBps = quantity(parts.get('rate'), bpsPer);
  if (!rateBps) throw bad(`rate needs a positive rate with a unit (${Object.keys(bpsPer).join(', ')})`);
  const loss = /^(\d+(?:\.\d+)?)%$/.exec(parts.get('loss') ?? '0%');
  const lossRatio = Number(loss?.[1]) / 100;
  if (!loss || lossRatio >= 1) throw bad('loss needs a percentage below 100%');
  if (rttNs > 10e9) throw bad('rtt is more than 10 s');
  return { profile: text, rttNs, rateBps, lossRatio };
}

/** `2.5ms` in a table of units → a whole number of the smallest unit; undefined when it is not that. */
function quantity(text: string | undefined, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text?.toLowerCase() ?? '');
  const unit = units[match?.[2] ?? ''];
  return match && unit !== undefined ? Math.round(Number(match[1]) * unit) : undefined;
}
