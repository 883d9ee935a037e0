import { Command } from 'commander';
import { loadScenario } from '../input/scenario.ts';
import { systemsNamed } from '../input/systems-named.ts';
import { timeline } from '../timeline/timeline.ts';
import { scenarioOptions, scenarioRequest, type ScenarioOptions } from './options.ts';
import { writeOutput } from './output.ts';

interface Options extends ScenarioOptions {
  readonly system: string;
  readonly out: string;
}

/** `sim timeline`: a predicted start to look at in Perfetto. */
export function timelineCommand(): Command {
  return scenarioOptions(new Command('timeline'))
    .description('write what goes on in a predicted start, for ui.perfetto.dev or chrome://tracing')
    .requiredOption('--system <id>', 'how it is started')
    .requiredOption('--out <file>', 'the trace, as JSON trace events')
    .addHelpText('after', '\nExample:\n  npm run sim -- timeline --system crfs --net wan100m --out crfs.json')
    .action(async (options: Options) => {
      const [system] = systemsNamed([options.system]);
      const scenario = { ...(await loadScenario(scenarioRequest(options))), system: system! };
      const title = `${options.workload} under ${system!.title}, ${options.net}`;
      const trace = timeline(scenario, title);
      await writeOutput(options.out, `${JSON.stringify(trace)}\n`);
    });
}
