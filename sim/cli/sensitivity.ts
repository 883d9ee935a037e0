import { Command, InvalidArgumentError, Option } from 'commander';
import { loadScenario } from '../input/scenario.ts';
import { sensitivityTable } from '../report/sensitivity-table.ts';
import { movedTimes, sensitivity, type Effect, type MovedTime } from '../sensitivity/sensitivity.ts';
import { systemsNamed } from '../input/systems-named.ts';
import type { System } from '../systems/system.ts';
import { scenarioOptions, scenarioRequest, type ScenarioOptions } from './options.ts';
import { withProgress } from './progress.ts';

interface Options extends ScenarioOptions {
  readonly systems?: string;
  readonly by: number;
  readonly of: MovedTime;
  readonly json?: boolean;
}

/** `sim sensitivity`: which parameters matter. */
export function sensitivityCommand(): Command {
  return scenarioOptions(new Command('sensitivity'))
    .description('move each parameter alone, down and up, and see what that does to a start')
    .option('--systems <ids>', 'comma-separated (default: all)')
    .option('--by <ratio>', 'how far: a ratio of its value', ratioBelow1, 0.1)
    .addOption(new Option('--of <time>', 'what is sorted by').choices(movedTimes).default('totalNs'))
    .option('--json', 'print JSON (trio.sensitivity/1), with all times')
    .addHelpText(
      'after',
      '\nA whole number moves by at least 1. What is 0 cannot move.\n\nExample:\n' +
        '  npm run sim -- sensitivity --systems crfs --net wan100m --of readyNs',
    )
    .action(async (options: Options) => {
      const { workload, guest, net, seed, by, of } = options;
      const systems = systemsNamed(options.systems?.split(','));
      const request = scenarioRequest(options);
      const scenario = await loadScenario(request);
      const results: { readonly system: System; readonly effects: Effect[] }[] = [];
      for (const system of withProgress(systems, 'systems'))
        results.push({ system, effects: sensitivity(scenario, system, by) });
      if (options.json) {
        const environment = {
          guest,
          net: { profile: net, ...scenario.net },
          seed,
          set: Object.fromEntries(request.set),
        };
        const moved = results.map(({ system, effects }) => ({ system: system.id, effects }));
        const json = { schema: 'trio.sensitivity/1', environment, workload, by, results: moved };
        process.stdout.write(`${JSON.stringify(json, null, 1)}\n`);
        return;
      }
      process.stdout.write(
        `${workload} on ${guest}, ${net}; ${of} when a parameter is ${100 * by} % lower or higher\n`,
      );
      for (const { system, effects } of results)
        process.stdout.write(`\n${system.title}\n${sensitivityTable(effects, of)}`);
    });
}

function ratioBelow1(text: string): number {
  const ratio = Number(text);
  if (!(ratio > 0 && ratio < 1)) throw new InvalidArgumentError('write a ratio between 0 and 1, e.g. 0.1.');
  return ratio;
}
