import { Command } from 'commander';
import { parseNetwork } from '../../trio/network/profile.ts';
import { findStart } from '../input/find-start.ts';
import { comparisonTable, explanations, type Compared } from '../report/comparison-table.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { goldenFolder, netOption, setting } from './options.ts';
import { parameterTable } from '../report/parameter-table.ts';

interface Options {
  readonly golden: string;
  readonly guest: string;
  readonly workload: string;
  readonly systems?: string;
  readonly net: string;
  readonly cpu?: string;
  readonly set?: [string, number][];
  readonly seed: string;
  readonly params?: boolean;
  readonly json?: boolean;
}

/** `sim compare`, which is also what `sim` alone does: all systems, one workload. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('predict the start of a workload under each system, and say where the time goes')
    .option('--workload <name>', 'what is started', 'nginx')
    .option('--guest <id>', 'kernel, and machine that costs were measured on', 'debian-13')
    .option('--systems <ids>', 'comma-separated (default: all)')
    .addOption(netOption())
    .option('--cpu <cores>', 'processors of the node; same as --set host.cores=CORES')
    .option('--set <name=value>', 'a parameter; may be given more than once', setting)
    .option('--seed <text>', 'of all that is drawn', 'trio')
    .option('--params', 'list the parameters, with unit, value and source, and end')
    .option('--golden <dir>', 'recordings: DIR/<guest>/<workload>', goldenFolder)
    .option('--json', 'print JSON, with the names of trio.e2e/1')
    .addHelpText('after', '\nExample:\n  npm run sim -- compare --workload python --net wan100m --cpu 4')
    .action(async (options: Options) => {
      const start = await findStart(options.golden, options.guest, options.workload);
      const settings: [string, number][] = [
        ...(options.cpu === undefined ? [] : setting(`host.cores=${options.cpu}`)),
        ...(options.set ?? []),
      ];
      const parameters = start.parameters.with(settings);
      if (options.params) {
        process.stdout.write(parameterTable(parameters));
        return;
      }
      const net = parseNetwork(options.net);
      const compared = systemsNamed(options.systems?.split(',')).map((system): Compared => {
        const outcome = simulate({ ...start, system, net, parameters, seed: options.seed });
        return { id: system.id, title: system.title, outcome };
      });
      if (options.json) {
        process.stdout.write(`${toJson(options, start.program.kernelRelease, net, settings, compared)}\n`);
        return;
      }
      process.stdout.write(
        `${options.workload} on ${options.guest} (Linux ${start.program.kernelRelease}), ${options.net}; predicted\n` +
          `${comparisonTable(compared)}\n${explanations(compared)}`,
      );
    });
}

function toJson(
  { workload, guest, seed }: Options,
  kernel: string,
  net: ReturnType<typeof parseNetwork>,
  settings: readonly [string, number][],
  compared: readonly Compared[],
): string {
  const results = compared.map(({ id, outcome }) => ({ workload, system: id, ...figuresOf(outcome) }));
  const environment = { guest, kernel, net, seed, set: Object.fromEntries(settings) };
  return JSON.stringify({ schema: 'trio.e2e/1', predicted: true, environment, results }, null, 1);
}

function figuresOf({ requests: _requests, events: _events, ...figures }: Outcome): object {
  return figures;
}
