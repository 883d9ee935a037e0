import Table from 'cli-table3';
import type { FilePages, Observed, Span } from '../start/observer.ts';
import type { Outcome } from '../start/simulate.ts';
import { requestName } from './requests.ts';

/** How long a program waited for the pages of a file. */
export interface FileWaits {
  readonly path: string;
  readonly waits: number;
  readonly waitedNs: number;
}

/** The waits of each file together, the longest first. */
export function waitsByFile(waits: readonly (Span & FilePages)[]): FileWaits[] {
  const byPath = Map.groupBy(waits, ({ path }) => path);
  return [...byPath]
    .map(([path, its]) => ({
      path,
      waits: its.length,
      waitedNs: its.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0),
    }))
    .sort((a, b) => b.waitedNs - a.waitedNs || (a.path < b.path ? -1 : 1));
}

const milliseconds = (ns: number) => (ns / 1e6).toFixed(3);
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);

/** A start in detail, as text. */
export function startReport(outcome: Outcome, observed: Observed): string {
  const { totalNs, net, registry, neededBytes, busyNs, requestedPages } = outcome;
  const waits = waitsByFile(observed.waits);
  const waitedNs = waits.reduce((sum, wait) => sum + wait.waitedNs, 0);
  return [
    phaseTable(outcome),
    `Registry: ${registry.requests} requests, ${megabytes(registry.bytes)} MB for ${megabytes(neededBytes)} MB needed`,
    `Line: received ${megabytes(net.rxBytes)} MB in ${net.rxPackets} packets, sent ${megabytes(net.txBytes)} MB in ${net.txPackets}`,
    `Processors: worked ${milliseconds(busyNs)} ms`,
    `Page cache: asked for ${requestedPages} pages in ${observed.reads.length} requests`,
    '\nRequests at the registry',
    requestTable(outcome),
    waits.length === 0
      ? '\nThe program waited for no page.'
      : `\nThe program waited ${milliseconds(waitedNs)} ms (${percent(waitedNs, totalNs)} of the total) for pages of`,
    waits.length === 0 ? '' : waitTable(waits, waitedNs),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function phaseTable({ deployNs, runningNs, readyNs, totalNs }: Outcome): string {
  const phases = { Deploy: deployNs, Running: runningNs, Ready: readyNs, Total: totalNs };
  return table(
    ['phase', 'ms', 'of total'],
    Object.entries(phases).map(([name, ns]) => [name, milliseconds(ns), percent(ns, totalNs)]),
  );
}

function requestTable({ requests }: Outcome): string {
  const inOrder = requests.toSorted((a, b) => a.atNs - b.atNs);
  const rows = inOrder.map((request) => [
    requestName(request),
    milliseconds(request.atNs),
    milliseconds(request.endNs - request.atNs),
    String(request.bytes),
    String(request.status),
    request.range,
  ]);
  return table(['request', 'at ms', 'took ms', 'bytes', 'status', 'range'], rows);
}

function waitTable(waits: readonly FileWaits[], waitedNs: number): string {
  const rows = waits.map(({ path, waits: count, waitedNs: ns }) => [
    path,
    String(count),
    milliseconds(ns),
    percent(ns, waitedNs),
  ]);
  return table(['file', 'waits', 'ms', 'of waiting'], rows);
}

/** The first column is text, and so is a range; the others are numbers. */
function table(head: readonly string[], rows: readonly string[][]): string {
  const built = new Table({
    head: [...head],
    colAligns: head.map((name, i) => (i === 0 || name === 'range' ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  built.push(...rows);
  return built.toString();
}
