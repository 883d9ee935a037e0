import { Command } from 'commander';
import { networkNames, parseNetwork } from '../../trio/network/profile.ts';
import { loadScenario, type AnySystem } from '../input/scenario.ts';
import { reportPage } from '../report/html/page.ts';
import type { Compared } from '../report/comparison-table.ts';
import { simulate } from '../start/simulate.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { summarize } from '../validate/bounds.ts';
import { findRecordings } from '../validate/recordings.ts';
import { checkTimes } from '../validate/times.ts';
import { scenarioOptions, scenarioRequest, type ScenarioOptions } from './options.ts';
import { writeOutput } from './output.ts';

interface Options extends ScenarioOptions {
  readonly systems?: string;
  readonly out: string;
}

/** `sim report`: one page to look at and to pass on. */
export function reportCommand(): Command {
  return scenarioOptions(new Command('report'))
    .description('write a page with tables and plots: all systems on all networks, and what that rests on')
    .requiredOption('--out <file>', 'the page; one HTML file that needs nothing else')
    .option('--systems <ids>', 'comma-separated (default: all)')
    .addHelpText(
      'after',
      '\nExample:\n  npm run sim -- report --workload python --net wan100m --out python.html',
    )
    .action(async (options: Options) => {
      const { workload, guest, golden, seed, out } = options;
      const systems = systemsNamed(options.systems?.split(','));
      const scenario = await loadScenario(scenarioRequest(options));
      const compare = (start: AnySystem): Compared[] =>
        systems.map((system) => ({
          ...{ id: system.id, title: system.title },
          outcome: simulate({ ...start, system }),
        }));
      const others = networkNames.filter((name) => name !== options.net);
      const networks = [
        { net: options.net, compared: compare(scenario) },
        ...others.map((net) => ({ net, compared: compare({ ...scenario, net: parseNetwork(net) }) })),
      ];
      const [recording] = await findRecordings(golden, { guest, workload });
      const validation = summarize(await checkTimes(golden, recording!));
      const kernel = scenario.program.kernelRelease;
      const { parameters } = scenario;
      const report = { workload, guest, kernel, seed, networks, parameters, validation };
      await writeOutput(out, reportPage(report));
    });
}
