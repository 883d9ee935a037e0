#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { TrioError } from '../errors.ts';
import { inspectCommand, verifyCommand } from './oci.ts';
import { traceCommands } from './trace.ts';

/** The program `trio`; its parsing errors are thrown, not printed and exited on. */
function program(): Command {
  const trio = new Command('trio')
    .description('TrIO: start containers before their images are there')
    .addHelpText('after', '\nExample:\n  $ trio oci verify oci:./image:latest')
    .exitOverride();
  const oci = trio.command('oci').description('look at images in OCI layouts').exitOverride();
  oci.addHelpText('after', '\nExample:\n  $ trio oci inspect oci:./image:latest');
  for (const command of [inspectCommand(), verifyCommand()]) oci.addCommand(command.exitOverride());
  const trace = trio
    .command('trace')
    .description('look at traces of starts, and combine them')
    .exitOverride();
  trace.addHelpText('after', '\nExample:\n  $ trio trace stat trace.txt');
  for (const command of traceCommands()) trace.addCommand(command.exitOverride());
  return trio;
}

/** Runs one command line; returns the exit code (0 done, 1 failed, 2 bad usage). A bug of ours is thrown. */
async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its message (or the help that was asked for) by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof TrioError)) throw error;
    process.stderr.write(`trio: ${error.message}\n`);
    return error.exitCode;
  }
}

// `trio … | head` closes our output early: nothing to complain about.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
