import type { Compared } from '../comparison-table.ts';
import { html, type Markup } from './markup.ts';

const rowHeight = 26;
const barHeight = 16;
const barsWidth = 520;
/** A letter of the page's text is hardly ever wider, whatever the font: what sticks out of a picture is cut off. */
const letterWidth = 7;
const gap = 8;

const phases = [
  { name: 'Deploy', css: 'deploy', of: ({ outcome }: Compared) => outcome.deployNs },
  { name: 'Running', css: 'running', of: ({ outcome }: Compared) => outcome.runningNs },
  { name: 'Ready', css: 'ready', of: ({ outcome }: Compared) => outcome.readyNs },
];

/** A bar for each system, a part of it for each phase. */
export function phaseBars(net: string, compared: readonly Compared[]): Markup {
  const labelWidth = gap + letterWidth * Math.max(...compared.map(({ title }) => title.length));
  const width = labelWidth + barsWidth + 90;
  const longestNs = Math.max(...compared.map(({ outcome }) => outcome.totalNs));
  const x = (ns: number) => (ns / longestNs) * barsWidth;
  const rows = compared.map((one, i) => {
    const y = i * rowHeight;
    let endNs = 0;
    const parts = phases.map(({ name, css, of }) => {
      const from = labelWidth + x(endNs);
      endNs += of(one);
      const title = html`${one.title}, ${name}: ${seconds(of(one))} s`;
      return html`<rect
        class="${css}"
        x="${from.toFixed(1)}"
        y="${y + 5}"
        width="${x(of(one)).toFixed(1)}"
        height="${barHeight}"
        ><title>${title}</title></rect
      >`;
    });
    return html`<text x="${labelWidth - gap}" y="${y + 18}" text-anchor="end">${one.title}</text>${parts}
      <text x="${(labelWidth + x(endNs) + 6).toFixed(1)}" y="${y + 18}">${seconds(endNs)} s</text> `;
  });
  const height = compared.length * rowHeight + 6;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="phases of each system on ${net}">
    ${rows}
  </svg>`;
}

/** What the colours of the bars say. */
export function phaseLegend(): Markup {
  const entries = phases.map(({ name, css }) => html`<span class="key ${css}"></span>${name} `);
  return html`<p class="legend">${entries}</p>`;
}

const seconds = (ns: number) => (ns / 1e9).toFixed(3);
