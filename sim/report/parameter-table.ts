import Table from 'cli-table3';
import type { ParameterSource } from '../parameters/parameter.ts';
import type { Parameters } from '../parameters/parameters.ts';

/** A row a parameter. */
export function parameterTable(parameters: Parameters): string {
  const table = new Table({
    head: ['parameter', 'value', 'unit', 'what', 'source'],
    colAligns: ['left', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, unit, what, source } of parameters.definitions)
    table.push([name, String(parameters.get(name)), unit, what, sourceText(source)]);
  return `${table.toString()}\n`;
}

/** The same as JSON (`trio.parameters/1`). */
export function parametersJson(parameters: Parameters): string {
  const all = parameters.definitions.map(({ name, unit, what, source }) => ({
    ...{ name, value: parameters.get(name), unit, what, source },
  }));
  return `${JSON.stringify({ schema: 'trio.parameters/1', parameters: all }, null, 1)}\n`;
}

/** Where a value is from, in words. */
export function sourceText(source: ParameterSource): string {
  switch (source.kind) {
    case 'measured':
      return 'measured (npm run vm:calibrate)';
    case 'read':
      return `read in ${source.where}`;
    case 'inferred':
      return `inferred: ${source.why}`;
    case 'chosen':
      return `chosen: ${source.why}`;
    case 'fitted':
      return `fitted to ${source.to}`;
  }
}
