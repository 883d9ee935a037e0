import { requestName } from '../report/requests.ts';
import { Observed, type FilePages, type Span } from '../start/observer.ts';
import { simulate, type Outcome, type Scenario } from '../start/simulate.ts';
import type { Program } from '../workload/program.ts';
import { stepKind } from '../workload/steps.ts';
import { LinkRate } from './link-rate.ts';
import { lanes, TraceBuilder, type TraceEvent } from './trace-events.ts';

const rateStepNs = 1_000_000;

/** As `Observed`, and the rates of the line. */
class Watched extends Observed {
  readonly rates = { down: new LinkRate(rateStepNs), up: new LinkRate(rateStepNs) };

  override sent(direction: 'down' | 'up', bytes: number, { fromNs, toNs }: Span): void {
    this.rates[direction].add(bytes, fromNs, toNs);
  }
}

/** A predicted start as a trace that Perfetto and chrome://tracing show: what went on when, track by track. */
export function timeline(
  scenario: Scenario,
  title: string,
): { readonly displayTimeUnit: 'ms'; readonly traceEvents: readonly TraceEvent[] } {
  const watched = new Watched();
  const outcome = simulate(scenario, watched);
  const trace = new TraceBuilder(title);
  addPhases(trace, outcome);
  addProgram(trace, watched, scenario.program);
  addLanes(trace, 'page request', watched.reads, (read) => ({ name: pagesName(read), cat: 'pages' }));
  const requests = outcome.requests.map(({ atNs, endNs, ...rest }) => ({
    ...{ fromNs: atNs, toNs: endNs },
    ...{ name: requestName(rest), args: rest },
  }));
  addLanes(trace, 'registry', requests, ({ name, args }) => ({ name, cat: 'http', args: { ...args } }));
  for (const [direction, rate] of Object.entries(watched.rates))
    for (const { atNs, bytesPerSecond } of rate.changes())
      trace.counter(`line ${direction}, bytes/s`, atNs, { bytesPerSecond });
  return { displayTimeUnit: 'ms', traceEvents: trace.events };
}

function addPhases(trace: TraceBuilder, { deployNs, runningNs, readyNs }: Outcome): void {
  const track = trace.track('phases');
  let fromNs = 0;
  for (const [name, ns] of Object.entries({ Deploy: deployNs, Running: runningNs, Ready: readyNs })) {
    trace.span(track, { name, cat: 'phase', fromNs, toNs: fromNs + ns });
    fromNs += ns;
  }
}

const kindNames = new Map<number, string>(Object.entries(stepKind).map(([name, number]) => [number, name]));

/** Steps take no time of their own: those between two waits are one span. */
function addProgram(trace: TraceBuilder, { work, waits }: Observed, program: Program): void {
  const track = trace.track('program');
  for (const { first, end, ...span } of work) {
    const kinds: Record<string, number> = {};
    for (const number of program.kind.subarray(first, end)) {
      const kind = kindNames.get(number) ?? 'other';
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    trace.span(track, { name: 'work', cat: 'program', ...span, args: { steps: end - first, ...kinds } });
  }
  for (const wait of waits) trace.span(track, { name: `wait: ${pagesName(wait)}`, cat: 'wait', ...wait });
}

function addLanes<S extends Span>(
  trace: TraceBuilder,
  name: string,
  spans: readonly S[],
  what: (span: S) => { name: string; cat: string; args?: Record<string, string | number> },
): void {
  for (const [i, lane] of lanes(spans).entries()) {
    const track = trace.track(`${name} ${i + 1}`);
    for (const span of lane) trace.span(track, { ...what(span), fromNs: span.fromNs, toNs: span.toNs });
  }
}

function pagesName({ path, firstPage, pages }: FilePages): string {
  return `${path} ${firstPage}${pages > 1 ? `–${firstPage + pages - 1}` : ''}`;
}
