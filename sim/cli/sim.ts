import { Command, CommanderError } from 'commander';
import { TrioError } from '../../trio/errors.ts';
import { EndlessError } from '../engine/engine.ts';
import { compareCommand } from './compare.ts';
import { memoryCommand } from './memory.ts';
import { pagesCommand } from './pages.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { sensitivityCommand } from './sensitivity.ts';
import { sweepCommand } from './sweep.ts';
import { timelineCommand } from './timeline.ts';
import { validateCommand } from './validate.ts';

/** The program behind `npm run sim`; its parsing errors are thrown, not printed and exited on. */
function program(): Command {
  const sim = new Command('sim')
    .description('The simulator: predicts what the testbed in vm/ measures')
    .addHelpText('after', '\nExample:\n  npm run sim\n  npm run sim -- validate')
    .exitOverride();
  sim.addCommand(compareCommand().exitOverride(), { isDefault: true });
  for (const command of [
    runCommand(),
    sweepCommand(),
    sensitivityCommand(),
    timelineCommand(),
    reportCommand(),
    validateCommand(),
    pagesCommand(),
    memoryCommand(),
  ])
    sim.addCommand(command.exitOverride());
  return sim;
}

/** Runs one command line; returns the exit code (0 done, 1 failed, 2 bad usage). A bug of ours is thrown. */
async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its message (or the help that was asked for) by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof TrioError || error instanceof EndlessError)) throw error;
    process.stderr.write(`sim: ${error.message}\n`);
    return error instanceof TrioError ? error.exitCode : 2;
  }
}

// `npm run sim -- … | head` closes our output early: nothing to complain about.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`sim: standard output cannot be written: ${error.message}\n`);
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));
