import { Command } from 'commander';
import { usageError } from '../../trio/errors.ts';
import { loadScenario, type AnySystem, type Settings } from '../input/scenario.ts';
import { comparisonTable, explanations, type Compared } from '../report/comparison-table.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { scenarioOptions, scenarioRequest, settingsText, type ScenarioOptions } from './options.ts';
import { comparePublishedTable } from './published.ts';
import { parametersJson, parameterTable } from '../report/parameter-table.ts';

interface Options extends ScenarioOptions {
  readonly systems?: string;
  readonly params?: boolean;
  readonly profile?: string;
  readonly fit?: boolean;
  readonly json?: boolean;
}

/** `sim compare`, which is also what `sim` alone does: all systems, one workload. */
export function compareCommand(): Command {
  return scenarioOptions(new Command('compare'))
    .description('predict the start of a workload under each system, and say where the time goes')
    .option('--systems <ids>', 'comma-separated (default: all)')
    .option('--params', 'list the parameters, with unit, value and source, and end')
    .option(
      '--profile <name>',
      'a published table beside the predicted one: slides (its start, line and parameters)',
    )
    .option('--fit', 'with --profile: fit its parameters to the table first, and keep them')
    .option('--json', 'print JSON, with the names of trio.e2e/1')
    .addHelpText('after', '\nExample:\n  npm run sim -- compare --workload python --net wan100m --cpu 4')
    .action(async (options: Options, command: Command) => {
      if (options.profile !== undefined) {
        const own = ['workload', 'guest', 'net', 'cpu', 'memory', 'set', 'seed', 'systems', 'params'];
        const other = own.find((name) => command.getOptionValueSource(name) === 'cli');
        if (other !== undefined)
          throw usageError('BAD_USE', `--profile says which start it is: it does not go with --${other}`);
        const { golden, fit: isFitted = false, json = false } = options;
        process.stdout.write(await comparePublishedTable(options.profile, { golden, isFitted, json }));
        return;
      }
      if (options.fit) throw usageError('BAD_USE', '--fit goes with --profile');
      const request = scenarioRequest(options);
      const scenario = await loadScenario(request);
      if (options.params) {
        const { parameters } = scenario;
        process.stdout.write(options.json ? parametersJson(parameters) : parameterTable(parameters));
        return;
      }
      const compared = systemsNamed(options.systems?.split(',')).map((system): Compared => {
        const outcome = simulate({ ...scenario, system });
        return { id: system.id, title: system.title, outcome };
      });
      if (options.json) {
        process.stdout.write(`${toJson(options, scenario, request.set, compared)}\n`);
        return;
      }
      process.stdout.write(
        `${options.workload} on ${options.guest} (Linux ${scenario.program.kernelRelease}), ${options.net}${settingsText(request.set)}; predicted\n` +
          `${comparisonTable(compared)}\n${explanations(compared)}`,
      );
    });
}

function toJson(
  { workload, guest, seed, net: profile }: Options,
  { program, net }: AnySystem,
  settings: Settings,
  compared: readonly Compared[],
): string {
  const results = compared.map(({ id, outcome }) => ({ workload, system: id, ...figuresOf(outcome) }));
  const kernel = program.kernelRelease;
  const set = Object.fromEntries(settings);
  const environment = { guest, kernel, net: { profile, ...net }, seed, set };
  return JSON.stringify({ schema: 'trio.e2e/1', predicted: true, environment, results }, null, 1);
}

function figuresOf({ requests: _requests, events: _events, ...figures }: Outcome): object {
  return figures;
}
