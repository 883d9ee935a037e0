import { Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrioError, usageError } from '../../trio/errors.ts';
import { guests } from '../guests/index.ts';
import type { Guest } from '../guests/guest.ts';
import { afterInterrupt } from '../interrupt.ts';
import { nearest } from '../images/nearest.ts';
import { systems } from '../systems/index.ts';
import type { System } from '../systems/system.ts';

/** A command whose usage errors exit with 2, as ours do. */
export function command(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', `\nExample:\n  ${example}`)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}

/** Runs a command line; a TrioError becomes its message and exit code, everything else is a bug and keeps its stack. */
export async function main(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    await afterInterrupt();
    if (!(error instanceof TrioError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(error.exitCode);
  }
}

/** The guest of that name. */
export function guestNamed(id: string): Guest {
  return named('guest', id, guests);
}

/** The systems of a comma-separated list, in its order. */
export function systemsNamed(list: string): System[] {
  return namesOf(list, 'system').map((id) => named('system', id, systems));
}

/** The names of a comma-separated list, each once. */
export function namesOf(list: string, what: string): string[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('')) throw usageError('EMPTY_NAME', `empty ${what} name in "${list}"`);
  return [...new Set(names)];
}

function named<T extends { readonly id: string }>(what: string, id: string, all: readonly T[]): T {
  const found = all.find((candidate) => candidate.id === id);
  if (found) return found;
  const known = all.map((candidate) => candidate.id);
  const guess = nearest(id, known);
  throw usageError(
    `UNKNOWN_${what.toUpperCase()}`,
    `unknown ${what} "${id}".${guess ? ` Did you mean ${guess}?` : ''} Known: ${known.join(', ')}`,
  );
}

/**
 * The folder that a command writes to, made when missing.
 *
 * @throws TrioError `BAD_FOLDER` (exit code 2) when it cannot be made
 */
export async function outputFolder(path: string): Promise<string> {
  const folder = resolve(path);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw usageError('BAD_FOLDER', `cannot write to the folder ${folder}: ${String(error)}`);
  });
  return folder;
}

/** A whole number in a range, from an option's text. */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usageError('BAD_NUMBER', `${option} takes a whole number from ${min} to ${max}, not "${text}"`);
}
