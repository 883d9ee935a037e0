import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../cache/cache.ts';
import { figuresSchema, type Figures } from '../e2e/figures.ts';
import { markdownTable, renderMarkdown } from '../e2e/table.ts';
import { summarySchema, type Summary } from './summary.ts';

/** What was recorded of one workload on the main network. */
interface Recorded {
  readonly workload: string;
  readonly traces: Summary | undefined;
  readonly figures: Figures | undefined;
}

/** The golden files of a guest as two tables for a document: figures, and needed against fetched bytes. */
export async function goldenTables(folder: string): Promise<string> {
  const all: Recorded[] = [];
  const entries = await readdir(folder, { withFileTypes: true }); // beside the workloads, the guest's calibration.json
  const workloads = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const workload of workloads.sort()) {
    const read = async (name: string): Promise<unknown> => {
      const path = join(folder, workload, name);
      return (await exists(path)) ? (JSON.parse(await readFile(path, 'utf8')) as unknown) : undefined;
    };
    all.push({
      workload,
      traces: summarySchema.optional().parse(await read('traces.json')),
      figures: figuresSchema.optional().parse(await read('figures-lan10g.json')),
    });
  }
  return [figuresTable(all), amplificationTable(all)].filter(Boolean).join('\n\n');
}

function figuresTable(all: readonly Recorded[]): string {
  const figures = all.map((each) => each.figures).filter((each) => each !== undefined);
  const [first] = figures;
  if (!first) return '';
  const results = figures.flatMap((each) => each.results);
  return renderMarkdown({ ...first, results }, { samples: false });
}

function amplificationTable(all: readonly Recorded[]): string {
  const systems = ['full', 'crfs', 'crfs-lazy'];
  const head = [
    'workload',
    'needed MB',
    'files',
    ...systems.map((id) => `${id} fetched MB`),
    'runtime image MB',
    'complete',
  ];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const rows = all.map(({ workload, traces, figures }) => {
    const [any] = figures?.results ?? [];
    const neededBytes = traces?.runtimeImage.neededBytes ?? any?.neededBytes;
    const fetched = systems.map((id) => {
      const result = figures?.results.find(({ system }) => system === id);
      return result ? `${megabytes(result.registry.bytes)} (${result.amplification.toFixed(2)}×)` : '';
    });
    const complete = traces && (100 * traces.completeness.coveredPages) / traces.completeness.demandedPages;
    return [
      workload,
      neededBytes === undefined ? '' : megabytes(neededBytes),
      traces ? String(traces.runtimeImage.files) : '',
      ...fetched,
      traces ? megabytes(traces.runtimeImage.dataBytes + traces.runtimeImage.metaBytes) : '',
      complete === undefined ? '' : `${complete.toFixed(2)} %`,
    ];
  });
  return markdownTable(head, rows, new Set(['workload']));
}
