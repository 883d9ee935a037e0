import Table from 'cli-table3';
import type { TraceStat } from '../trace/stat.ts';

/** What `trio trace stat` tells people. */
export function describeStat(stat: TraceStat): string {
  const rows: [string, string][] = [
    ['format', stat.format],
    ['kernel', stat.kernelRelease ?? ''],
    ['fault_around_bytes', stat.faultAroundBytes === undefined ? '' : String(stat.faultAroundBytes)],
    ['records', spaced(stat.records)],
    ['lost records', stat.format === 'rich' ? spaced(stat.lostRecords) : ''],
    ['time span', stat.spanNs === undefined ? '' : `${(stat.spanNs / 1e9).toFixed(6)} s`],
    ['threads', stat.format === 'rich' ? `${stat.threads} in ${stat.processes} processes` : ''],
    ['files', spaced(stat.files)],
    ['needed', `${spaced(stat.neededBytes)} bytes, ${spaced(stat.neededPages)} pages of ${stat.pageBytes}`],
    [
      'names',
      stat.format === 'rich'
        ? `${spaced(stat.existingNames)}, and ${spaced(stat.missingNames)} that do not exist`
        : '',
    ],
    ['not counted', notCounted(stat)],
  ];
  const lines = rows.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(20)}${value}`);
  const events = Object.entries(stat.events);
  if (events.length === 0) return lines.join('\n');
  const table = new Table({
    head: ['event', 'records'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  });
  for (const [type, count] of events) table.push([type, spaced(count)]);
  return [...lines, table.toString()].join('\n');
}

/** Accesses that needed nothing, or of which it is not known what. */
function notCounted({ untaken }: TraceStat): string {
  const parts = [
    [untaken.unnamed, `unnamed (${untaken.unnamedInodes} inodes)`],
    [untaken.notRegular, 'to what is no regular file'],
    [untaken.pastEnd, 'past the end'],
    [untaken.retriedFaults, 'faults taken again'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${spaced(count)} ${what}`)
    .join(', ');
}

/** 1234567 → `1 234 567`. */
function spaced(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
}
