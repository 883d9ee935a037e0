import { describe, expect, test } from 'vitest';
import { phaseBars } from '../../../../sim/report/html/bars.ts';
import { bytesAt } from '../../../../sim/report/html/fetched.ts';
import { html } from '../../../../sim/report/html/markup.ts';
import { reportPage, type Report } from '../../../../sim/report/html/page.ts';
import { axisTicks } from '../../../../sim/report/html/ticks.ts';
import type { LoggedRequest } from '../../../../sim/net/registry.ts';
import { simulate } from '../../../../sim/start/simulate.ts';
import { systems } from '../../../../sim/systems/index.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

const compared = ['full', 'crfs'].map((id) => {
  const scenario = syntheticScenario(id);
  return { id, title: scenario.system.title, outcome: simulate(scenario) };
});

function report(changes: Partial<Report> = {}): string {
  return reportPage({
    ...{ workload: 'synthetic', guest: 'none', kernel: '6.12.0-test', seed: 'test' },
    networks: [{ net: 'lan1g', compared }],
    parameters: syntheticScenario('full').parameters,
    validation: [],
    ...changes,
  });
}

test('values are escaped, markup is not', () => {
  const evil = `<script>alert("1" & '2')</script>`;
  expect(html`<p title="${evil}">${html`<b>${1}</b>`}${[html`<i></i>`]}</p>`.text).toBe(
    '<p title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;"><b>1</b><i></i></p>',
  );
});

test('a bar has room for the longest name of a system', () => {
  const room = systems.map(({ title }) => {
    const { text } = phaseBars('lan1g', [{ ...compared[0]!, title }]);
    return { title, width: Number(/<text x="(\d+)"[^>]*text-anchor="end"/.exec(text)?.[1]) };
  });
  // In the page's 12 px, letters of DejaVu Sans, a wide font, take 6.4 px on average.
  expect(room.filter(({ title, width }) => !(width >= 6.4 * title.length))).toEqual([]);
});

describe('the page', () => {
  test('needs nothing but itself', () => {
    const page = report();
    expect(page).not.toMatch(/<script|<link|<iframe|\bsrc=|\bhref=|url\(|@import|https?:/);
    expect(page.match(/<svg/g)).toHaveLength(2);
  });

  test('has every tag closed, in the order in which they were opened', () => {
    const open: string[] = [];
    const closed: [string, string | undefined][] = [];
    for (const [, slash, name = '', isEmpty] of report().matchAll(/<(\/?)([a-z]\w*)[^>]*?(\/?)>/g)) {
      if (slash) closed.push([name, open.pop()]);
      else if (!isEmpty && name !== 'meta') open.push(name);
    }
    expect(open).toEqual([]);
    expect(closed.filter(([name, opened]) => name !== opened)).toEqual([]);
    expect(closed.length).toBeGreaterThan(100);
  });

  test('shows names from outside as text', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const page = report({ workload: evil, seed: evil, networks: [{ net: evil, compared }] });
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('lists every parameter with its source, and what was validated', () => {
    const { parameters } = syntheticScenario('full');
    const page = report();
    for (const { name } of parameters.definitions) expect(page).toContain(`<td>${name}</td>`);
    expect(page).toContain('No start of synthetic on none was measured');
    const metric = { metric: 'totalNs', cells: 3, mean: 0.01, worst: 0.3, bound: { worst: 0.2 }, ok: false };
    const validated = report({ validation: [{ ...metric, metric: 'totalNs' }] });
    expect(validated).toContain('NOT MET');
    expect(validated).toContain('30.0 %');
  });
});

test('a bar is as long as the total, and its parts as the phases', () => {
  const { text } = phaseBars('lan1g', compared);
  const widths = [...text.matchAll(/width="([\d.]+)"\s+height="16"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(6);
  const longest = Math.max(...compared.map(({ outcome }) => outcome.totalNs));
  const { deployNs, totalNs } = compared[1]!.outcome;
  const [deploy = 0, running = 0, ready = 0] = widths.slice(3);
  expect(deploy / 520).toBeCloseTo(deployNs / longest, 3);
  expect((deploy + running + ready) / 520).toBeCloseTo(totalNs / longest, 2);
});

test('bytes of a request come evenly while it is answered', () => {
  const request = (atNs: number, endNs: number, bytes: number): LoggedRequest => ({
    ...{ atNs, endNs, bytes },
    ...{ method: 'GET', path: '/', range: '', status: 200 },
  });
  const requests = [request(10, 20, 100), request(15, 15, 7)];
  expect([0, 10, 14, 15, 20, 99].map((ns) => bytesAt(requests, ns))).toEqual([0, 0, 40, 57, 107, 107]);
});

test.for([
  [7.6, [0, 2, 4, 6]],
  [33.7, [0, 10, 20, 30]],
  [0.42, [0, 0.1, 0.2, 0.3, 0.4]],
  [0, [0]],
] as const)('ticks up to %s', ([end, ticks]) => {
  expect(axisTicks(end)).toEqual(ticks);
});
