import { Command, InvalidArgumentError } from 'commander';
import { availableParallelism } from 'node:os';
import { TrioError, usageError } from '../../trio/errors.ts';
import { axisHelp } from '../sweep/axis.ts';
import { rowsInOrder } from '../sweep/in-order.ts';
import { openSink } from '../sweep/sink.ts';
import { Sweep, type SweepRequest } from '../sweep/sweep.ts';
import { positiveInteger, scenarioOptions, scenarioRequest, type ScenarioOptions } from './options.ts';
import { showProgress } from './progress.ts';

interface Options extends ScenarioOptions {
  readonly sweep: string[];
  readonly sample?: number;
  readonly systems?: string;
  readonly workers?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly resume?: boolean;
}

/** `sim sweep`: one prediction for each point of a space of parameters. */
export function sweepCommand(): Command {
  return scenarioOptions(new Command('sweep'))
    .description('predict the start at many points: every value with every other, or a sample of them')
    .requiredOption('--sweep <range>', `${axisHelp}; may be given more than once`, collect)
    .option('--sample <points>', 'a Latin hypercube of so many points, drawn by --seed', positiveInteger)
    .option('--systems <ids>', 'comma-separated (default: all)')
    .option('--workers <n>', 'threads; what is written does not depend on it', threads)
    .option('--out <file>', '*.csv or *.ndjson (default: CSV on standard output)')
    .option('--json', 'on standard output: JSON lines (trio.sweep/1)')
    .option('--resume', 'keep the points that the file has, and go on behind them')
    .addHelpText(
      'after',
      '\nsim compare --params lists the names.\n\nExample:\n' +
        '  npm run sim -- sweep --sweep net.rttNs=log:1e5:1e8:25 --sweep host.cores=1,2,4 --out rtt.csv',
    )
    .action(async (options: Options) => {
      const request = sweepRequest(options);
      const sweep = await Sweep.load(request);
      const sink = await openSink(options.out, sweep, options.resume === true);
      const end = sweep.definition.points;
      const workers = options.workers ?? availableParallelism();
      try {
        for await (const { text, to } of rowsInOrder(request, { from: sink.kept.points, end, workers })) {
          await sink.write(text);
          showProgress(to, end, 'points');
        }
      } catch (error) {
        // Nothing can go on with it. After a full disk, or an interrupt, --resume can.
        if (error instanceof TrioError && error.code === 'BAD_POINT') await sink.discard();
        throw error;
      } finally {
        await sink.close();
      }
    });
}

/** More than any machine that this is for has. */
const threadsMax = 1024;

function threads(text: string): number {
  const number = positiveInteger(text);
  if (number > threadsMax) throw new InvalidArgumentError(`write at most ${threadsMax}.`);
  return number;
}

function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}

function sweepRequest(options: Options): SweepRequest {
  const { sweep: axes, sample, systems, out, json, resume } = options;
  if (resume && out === undefined) throw usageError('NO_FILE', '--resume goes on with the file of --out');
  if (json && out !== undefined) throw usageError('BAD_OUT', 'the name of --out says the format, not --json');
  const ending = out === undefined ? (json ? 'ndjson' : 'csv') : /\.(csv|ndjson)$/.exec(out)?.[1];
  if (ending === undefined) throw usageError('BAD_OUT', `--out ${out}: the name ends in .csv or .ndjson`);
  const format = ending === 'csv' ? 'csv' : 'ndjson';
  return { ...scenarioRequest(options), systems: systems?.split(','), axes, sample, format };
}
