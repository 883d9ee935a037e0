import { type Command, InvalidArgumentError, Option } from 'commander';
import { join } from 'node:path';
import { usageError } from '../../trio/errors.ts';
import { networkHelp } from '../../trio/network/profile.ts';
import type { ScenarioRequest, Settings } from '../input/scenario.ts';
import { memoryLimit } from '../host/parameters.ts';

/** Where recordings are, if nothing else is said. */
export const goldenFolder = join(import.meta.dirname, '../../golden');

/** `name=value` of `--set`, which may be given more than once. */
export function setting(
  text: string,
  previous: readonly (readonly [string, number])[] = [],
): [string, number][] {
  const [, name, value] = /^([a-zA-Z0-9.-]+)=(.+)$/.exec(text) ?? [];
  const number = Number(value);
  if (name === undefined || value?.trim() === '' || !Number.isFinite(number))
    throw new InvalidArgumentError('write NAME=VALUE, the value a number; --params lists the names.');
  return [...previous.map(([known, its]): [string, number] => [known, its]), [name, number]];
}

const netOption = () =>
  new Option('--net <profile>', `network between node and registry: ${networkHelp}`).default('lan10g');

/** What `scenarioOptions` gives a command. */
export interface ScenarioOptions {
  readonly golden: string;
  readonly guest: string;
  readonly workload: string;
  readonly net: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly set?: [string, number][];
  readonly seed: string;
}

/** A size of memory, as `ctr` and Docker take it, in MiB. */
function memorySize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  const mib = Number(number) * { '': 2 ** -20, k: 2 ** -10, m: 1, g: 2 ** 10 }[unit.toLowerCase()]!;
  if (!(mib > 0)) throw new InvalidArgumentError('write a size, e.g. 24M, 512k or 1G.');
  return mib;
}

/** What is started, and under which circumstances. */
export function scenarioOptions(command: Command): Command {
  return command
    .option('--workload <name>', 'what is started', 'nginx')
    .option('--guest <id>', 'kernel, and machine that costs were measured on', 'debian-13')
    .addOption(netOption())
    .option('--cpu <cores>', 'processors of the node; same as --set host.cores=CORES', positiveInteger)
    .option('--memory <size>', "the container's memory limit, e.g. 24M, 1G (default: none)", memorySize)
    .option('--set <name=value>', 'a parameter; may be given more than once', setting)
    .option('--seed <text>', 'of all that is drawn', 'trio')
    .option('--golden <dir>', 'recordings: DIR/<guest>/<workload>', goldenFolder);
}

export function scenarioRequest(options: ScenarioOptions): ScenarioRequest {
  const { golden, guest, workload, net, cpu, memory, set = [], seed } = options;
  const cores: [string, number][] = cpu === undefined ? [] : [['host.cores', cpu]];
  const limit: [string, number][] = memory === undefined ? [] : [[memoryLimit, memory]];
  const all = [...cores, ...limit, ...set];
  const twice = all.find(([name], i) => all.findIndex(([other]) => other === name) < i);
  if (twice) throw usageError('BAD_USE', `${twice[0]} is set twice`);
  return { golden, guest, workload, net, seed, set: all };
}

/** A whole number from 1 on. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!(Number.isSafeInteger(number) && number >= 1))
    throw new InvalidArgumentError('write a whole number from 1 on.');
  return number;
}

/** What differs from the recorded circumstances, as it is written behind them. */
export function settingsText(set: Settings): string {
  return set.map(([name, value]) => `, ${name}=${value}`).join('');
}
