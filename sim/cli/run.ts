import { Command } from 'commander';
import { loadScenario } from '../input/scenario.ts';
import { startReport, waitsByFile } from '../report/start-report.ts';
import { Observed } from '../start/observer.ts';
import { simulate } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { scenarioOptions, scenarioRequest, settingsText, type ScenarioOptions } from './options.ts';

interface Options extends ScenarioOptions {
  readonly system: string;
  readonly json?: boolean;
}

/** `sim run`: one start, in detail. */
export function runCommand(): Command {
  return scenarioOptions(new Command('run'))
    .description('predict one start in detail: its phases, its requests, and what it waited for')
    .requiredOption('--system <id>', 'how it is started')
    .option('--json', 'print JSON (trio.run/1)')
    .addHelpText('after', '\nExample:\n  npm run sim -- run --system crfs --workload python --net wan100m')
    .action(async (options: Options) => {
      const { guest, workload, net, seed } = options;
      const [system] = systemsNamed([options.system]);
      const request = scenarioRequest(options);
      const scenario = await loadScenario(request);
      const observed = new Observed();
      const outcome = simulate({ ...scenario, system: system! }, observed);
      if (options.json) {
        const kernel = scenario.program.kernelRelease;
        const environment = {
          guest,
          kernel,
          net: { profile: net, ...scenario.net },
          seed,
          set: Object.fromEntries(request.set),
        };
        const result = { workload, system: system!.id, ...outcome, waits: waitsByFile(observed.waits) };
        const json = { schema: 'trio.run/1', predicted: true, environment, result };
        process.stdout.write(`${JSON.stringify(json, null, 1)}\n`);
      } else {
        const title = `${workload} on ${guest} under ${system!.title}, ${net}${settingsText(request.set)}; predicted`;
        process.stdout.write(`${title}\n${startReport(outcome, observed)}`);
      }
    });
}
