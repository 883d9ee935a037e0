import type { Compared } from '../comparison-table.ts';
import type { LoggedRequest } from '../../net/registry.ts';
import { html, type Markup } from './markup.ts';
import { axisTicks } from './ticks.ts';

const plot = { left: 60, top: 10, width: 620, height: 260 };
const samples = 240;

/** Bytes that the registry has sent at a time, each request's evenly from its beginning to its end. */
export function bytesAt(requests: readonly LoggedRequest[], ns: number): number {
  return requests.reduce((sum, { atNs, endNs, bytes }) => {
    const share = endNs > atNs ? (ns - atNs) / (endNs - atNs) : 1;
    return ns < atNs ? sum : sum + bytes * Math.min(1, share);
  }, 0);
}

/** What each system has fetched when: a line from the start to Ready, with a mark at each request. */
export function fetchedPlot(compared: readonly Compared[]): Markup {
  const endNs = Math.max(...compared.map(({ outcome }) => outcome.totalNs));
  const mostBytes = Math.max(1, ...compared.map(({ outcome }) => outcome.registry.bytes));
  const x = (ns: number) => plot.left + (ns / endNs) * plot.width;
  const y = (bytes: number) => plot.top + plot.height - (bytes / mostBytes) * plot.height;
  const lines = compared.map(({ title, outcome: { requests, totalNs, registry } }, i) => {
    const point = (ns: number) => `${x(ns).toFixed(1)},${y(bytesAt(requests, ns)).toFixed(1)}`;
    const points = Array.from({ length: samples + 1 }, (_, n) => point((totalNs * n) / samples)).join(' ');
    const begins = requests.map(
      ({ atNs }) =>
        html`<circle
          class="fill${i % 8}"
          cx="${x(atNs).toFixed(1)}"
          cy="${y(bytesAt(requests, atNs)).toFixed(1)}"
          r="1.8"
        />`,
    );
    return html`<polyline class="line${i % 8}" points="${points}" />${begins}
      <circle
        class="fill${i % 8}"
        cx="${x(totalNs).toFixed(1)}"
        cy="${y(bytesAt(requests, totalNs)).toFixed(1)}"
        r="4.5"
        ><title>${title}: Ready, ${registry.requests} requests</title></circle
      > `;
  });
  const bottom = plot.top + plot.height;
  const times = axisTicks(endNs / 1e9).map(
    (s) =>
      html`<line
          class="grid"
          x1="${x(s * 1e9).toFixed(1)}"
          x2="${x(s * 1e9).toFixed(1)}"
          y1="${plot.top}"
          y2="${bottom}"
        />
        <text x="${x(s * 1e9).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${s} s</text>`,
  );
  const sizes = axisTicks(mostBytes / 1e6).map(
    (mb) =>
      html`<line
          class="grid"
          x1="${plot.left}"
          x2="${plot.left + plot.width}"
          y1="${y(mb * 1e6).toFixed(1)}"
          y2="${y(mb * 1e6).toFixed(1)}"
        />
        <text x="${plot.left - 6}" y="${(y(mb * 1e6) + 4).toFixed(1)}" text-anchor="end">${mb} MB</text>`,
  );
  const legend = compared.map(
    ({ title, outcome }, i) =>
      html`<span class="key key${i % 8}"></span>${title} (${outcome.registry.requests}) `,
  );
  return html`<svg
      viewBox="0 0 ${plot.left + plot.width + 30} ${bottom + 30}"
      role="img"
      aria-label="bytes fetched over time"
    >
      ${times}${sizes} ${lines}
    </svg>
    <p class="legend">${legend}</p>`;
}
