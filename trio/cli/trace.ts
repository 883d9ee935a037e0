import { Command, Option } from 'commander';
import { TrioError, usageError } from '../errors.ts';
import { accessTypes, type AccessType } from '../trace/access-feeder.ts';
import { diffTraces, type DiffSide } from '../trace/diff.ts';
import { dumpTrace } from '../trace/dump.ts';
import { mergeTraces } from '../trace/merge.ts';
import { pathFilter } from '../trace/path-filter.ts';
import { readStartTrace } from '../trace/read.ts';
import { recordType } from '../trace/records.ts';
import { statTrace } from '../trace/stat.ts';
import { textLine } from '../trace/text-line.ts';
import type { ReadOptions } from '../trace/trace-file.ts';
import { LineOutput } from './line-output.ts';
import { ReadProgress } from './read-progress.ts';
import { describeStat } from './trace-stat-text.ts';

const fileHelp =
  'text or rich trace, may be zstd; several files or a folder: the streams of the CPUs of one trace';

/** The commands under `trio trace`. */
export function traceCommands(): Command[] {
  return [statCommand(), filterCommand(), mergeCommand(), diffCommand(), dumpCommand()];
}

function statCommand(): Command {
  return new Command('stat')
    .description('count what is in a trace: events, files, needed bytes and pages, threads, lost records')
    .argument('<file...>', fileHelp)
    .option('--json', 'print JSON (trio.trace-stat/1)')
    .addHelpText('after', example('trio trace stat cpu0.trace cpu1.trace'))
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const stat = await reading((options) => statTrace(files, options));
      process.stdout.write(`${json ? JSON.stringify(stat, null, 2) : describeStat(stat)}\n`);
      warn(json ? [] : stat.warnings);
    });
}

interface FilterOptions {
  readonly path: string[];
  readonly under: string[];
  readonly exclude: string[];
  readonly type?: AccessType[];
  readonly to?: 'text';
  readonly out?: string;
  readonly json?: boolean;
}

function filterCommand(): Command {
  return new Command('filter')
    .description('print the accesses of a trace that meet all conditions, as a text trace')
    .argument('<file...>', fileHelp)
    .option('--path <glob>', 'paths in the container that match (again: or this)', collect, [])
    .option('--under <folder>', 'paths in this folder of the container (again: or this)', collect, [])
    .option('--exclude <glob>', 'not these paths (again: nor these)', collect, [])
    .option(
      '--type <types>',
      `only accesses by these, comma-separated: ${accessTypes.join(', ')}`,
      accessTypeList,
    )
    .addOption(
      new Option('--to <format>', 'needed for a rich trace, whose other events are lost').choices(['text']),
    )
    .option('--out <file>', 'write here instead of to standard output')
    .option('--json', 'a JSON object a line instead of a text trace')
    .addHelpText(
      'after',
      example("trio trace filter --to text --exclude '/{proc,sys,tmp}/**' rich.zst --out trace.txt"),
    )
    .action(async (files: string[], { path, under, exclude, type, to, ...where }: FilterOptions) => {
      const takes = pathFilter({ globs: path, under, exclude });
      const accept = (format: 'text' | 'rich') => {
        if (format === 'rich' && to === undefined && !where.json)
          throw usageError(
            'FILTER_FORMAT',
            'a rich trace is filtered into a text trace: say so with --to text',
          );
        if (format === 'text' && type !== undefined)
          throw usageError(
            'FILTER_TYPE',
            'a text trace does not tell reads from faults: --type needs a rich trace',
          );
      };
      await writing(where, async (output, options) => {
        const access = (file: string, ...numbers: [number, number, number]) => {
          if (takes(file)) output(file, ...numbers);
        };
        const types = type && { accessTypes: new Set(type) };
        const summary = await readStartTrace(
          files,
          { file: (path) => path, access, name: () => {} },
          { ...options, ...types, accept },
        );
        return summary.warnings;
      });
    });
}

interface MergeOptions {
  readonly intersection?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

function mergeCommand(): Command {
  return new Command('merge')
    .description('print what several runs needed, each byte once and in order of first use, as a text trace')
    .argument('<run...>', 'per run a text or rich trace, or a folder with the streams of its CPUs')
    .option('--intersection', 'only what all runs needed; without it, what any of them did')
    .option('--out <file>', 'write here instead of to standard output')
    .option('--json', 'a JSON object a line instead of a text trace')
    .addHelpText('after', example('trio trace merge run1.zst run2.zst run3.zst --out trace.txt'))
    .action(async (runs: string[], { intersection, ...where }: MergeOptions) => {
      await writing(where, (output, options) =>
        mergeTraces(runs, intersection ? 'intersection' : 'union', output, options),
      );
    });
}

function diffCommand(): Command {
  return new Command('diff')
    .description('print the ranges of files that only one of two traces needed; exit 1 if there are any')
    .argument('<a>', 'text or rich trace, or a folder with the streams of its CPUs')
    .argument('<b>', 'the same')
    .option('--json', 'print JSON (trio.trace-diff/1)')
    .addHelpText(
      'after',
      `\nLines with "<" are only in A, lines with ">" only in B. A text trace as rio_tracker writes it goes past the
files' ends, which is a difference to a rich one.\n${example('trio trace diff first.zst second.zst')}`,
    )
    .action(async (a: string, b: string, { json }: { json?: boolean }) => {
      const diff = await reading((options) => diffTraces(a, b, options));
      const output = LineOutput.stdout();
      if (json) output.add(`${JSON.stringify(diff, null, 2)}\n`);
      else
        for (const [sign, { ranges }] of [
          ['<', diff.onlyInA],
          ['>', diff.onlyInB],
        ] as const)
          for (const { path, offsetBytes, lengthBytes } of ranges)
            output.add(`${sign} ${visible(path)} ${offsetBytes}+${lengthBytes}\n`);
      await output.end();
      const side = ({ pages, files }: DiffSide, name: string) =>
        `${pages} pages in ${files} files only in ${name}`;
      if (!diff.same)
        throw new TrioError('TRACES_DIFFER', `${side(diff.onlyInA, a)}, ${side(diff.onlyInB, b)}`);
    });
}

function dumpCommand(): Command {
  return new Command('dump')
    .description('print the records of a rich trace in order of time, as a JSON object a line')
    .argument('<file...>', fileHelp)
    .option('--type <types>', 'only these types of record, comma-separated, e.g. OPEN,EXEC', typeList)
    .addHelpText('after', example('trio trace dump --type OPEN,LOOKUP rich.zst | head'))
    .action(async (files: string[], { type }: { type?: string[] }) => {
      const types = type && new Set<unknown>(type);
      const output = LineOutput.stdout();
      const summary = await reading(
        (options) =>
          dumpTrace(
            files,
            (record) => {
              if (!types || types.has(record['type'])) output.add(`${JSON.stringify(record)}\n`);
            },
            options,
          ),
        output,
      );
      await output.end();
      if (summary.lostRecords > 0) warn([`${summary.lostRecords} records were lost`]);
    });
}

/** Runs work that reads traces, with progress; what it puts into `output` meanwhile does not pile up. */
async function reading<T>(work: (options: ReadOptions) => Promise<T>, output?: LineOutput): Promise<T> {
  const progress = new ReadProgress();
  try {
    return await work({
      onBytes: async (bytes) => {
        progress.add(bytes);
        await output?.flush();
      },
    });
  } finally {
    progress.end();
  }
}

type RangeOutput = (path: string, ino: number, offsetBytes: number, lengthBytes: number) => void;

/** Runs work that makes a text trace and returns warnings. */
async function writing(
  { out, json }: { readonly out?: string; readonly json?: boolean },
  work: (output: RangeOutput, options: ReadOptions) => Promise<readonly string[]>,
): Promise<void> {
  const output = out === undefined ? LineOutput.stdout() : await LineOutput.file(out);
  let unwritable = 0;
  const write: RangeOutput = (...range) => {
    const line = json ? jsonLine(...range) : textLine(...range);
    if (line === undefined) unwritable++;
    else output.add(line);
  };
  let warnings: readonly string[];
  try {
    warnings = await reading((options) => work(write, options), output);
    await output.end();
  } catch (error) {
    await output.abandon();
    throw error;
  }
  warn(warnings);
  if (unwritable > 0)
    warn([`${unwritable} accesses left out: their path has a line break, which a text trace cannot hold`]);
}

function jsonLine(path: string, ino: number, offsetBytes: number, lengthBytes: number): string {
  return `${JSON.stringify({ path, ino, offsetBytes, lengthBytes })}\n`;
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`trio: warning: ${warning}\n`);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function accessTypeList(list: string): AccessType[] {
  return typesOf(list, accessTypes);
}

function typeList(list: string): string[] {
  return typesOf(list, Object.keys(recordType));
}

function typesOf<T extends string>(list: string, known: readonly T[]): T[] {
  return list.split(',').map((text) => {
    const type = known.find((name) => name === text.trim().toUpperCase());
    if (type === undefined)
      throw usageError('UNKNOWN_TYPE', `unknown type "${text}"; known: ${known.join(', ')}`);
    return type;
  });
}

/** A path in a line for people: what would break the line is escaped. */
function visible(path: string): string {
  return /[\p{Cc}\p{Cs}]/u.test(path) ? JSON.stringify(path) : path;
}

function example(command: string): string {
  return `\nExample:\n  $ ${command}`;
}
