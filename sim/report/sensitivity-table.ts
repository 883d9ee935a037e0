import Table from 'cli-table3';
import { strengthOf, type Effect, type MovedTime } from '../sensitivity/sensitivity.ts';

const barCells = 30;

/** Below it a change is left out of the table: a hundredth of a per cent. */
const leastChange = 1e-4;

const signed = (ratio: number | undefined) => {
  if (ratio === undefined) return '–';
  const percent = (100 * ratio).toFixed(2);
  return Number(percent) === 0 ? '0' : `${ratio < 0 ? '−' : '+'}${percent.replace('-', '')} %`;
};

/** A row a parameter that matters, the strongest first, with a bar as long as its effect. */
export function sensitivityTable(effects: readonly Effect[], time: MovedTime): string {
  const sorted = effects
    .filter((effect) => strengthOf(effect, time) >= leastChange)
    .sort((a, b) => strengthOf(b, time) - strengthOf(a, time));
  const strongest = sorted[0] ? strengthOf(sorted[0], time) : 0;
  const table = new Table({
    head: ['parameter', 'value', 'lower', 'higher', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const effect of sorted) {
    const cells = Math.max(1, Math.round((strengthOf(effect, time) / strongest) * barCells));
    const { name, value, lower, higher } = effect;
    const changes = [signed(lower?.change[time]), signed(higher?.change[time])];
    table.push([name, String(Number(value.toPrecision(6))), ...changes, '█'.repeat(cells)]);
  }
  const others = effects.length - sorted.length;
  return `${sorted.length > 0 ? `${table.toString()}\n` : ''}${others} others move it by less than 0.01 %\n`;
}
