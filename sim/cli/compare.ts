import { Command } from 'commander';
import { loadScenario, type AnySystem, type Settings } from '../input/scenario.ts';
import { comparisonTable, explanations, type Compared } from '../report/comparison-table.ts';
import { simulate, type Outcome } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { scenarioOptions, scenarioRequest, type ScenarioOptions } from './options.ts';
import { parameterTable } from '../report/parameter-table.ts';

interface Options extends ScenarioOptions {
  readonly systems?: string;
  readonly params?: boolean;
  readonly json?: boolean;
}

/** `sim compare`, which is also what `sim` alone does: all systems, one workload. */
export function compareCommand(): Command {
  return scenarioOptions(new Command('compare'))
    .description('predict the start of a workload under each system, and say where the time goes')
    .option('--systems <ids>', 'comma-separated (default: all)')
    .option('--params', 'list the parameters, with unit, value and source, and end')
    .option('--json', 'print JSON, with the names of trio.e2e/1')
    .addHelpText('after', '\nExample:\n  npm run sim -- compare --workload python --net wan100m --cpu 4')
    .action(async (options: Options) => {
      const request = scenarioRequest(options);
      const scenario = await loadScenario(request);
      if (options.params) {
        process.stdout.write(parameterTable(scenario.parameters));
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
        `${options.workload} on ${options.guest} (Linux ${scenario.program.kernelRelease}), ${options.net}; predicted\n` +
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
