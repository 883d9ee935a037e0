/** The look of the report, light or dark as the reader has it. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --paper: #ffffff; --rule: #d9dde3;
  --c0: #1f6feb; --c1: #d9480f; --c2: #2b8a3e; --c3: #9c36b5; --c4: #b58900; --c5: #0b7285; --c6: #c2255c; --c7: #5f5f5f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a0a6ae; --paper: #15181c; --rule: #343a41;
    --c0: #6ea8fe; --c1: #ff9f68; --c2: #69db7c; --c3: #da8cf0; --c4: #f2c94c; --c5: #4fd1e0; --c6: #faa2c1; --c7: #b0b0b0; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-bottom: 0.2rem; }
p.note, figcaption { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { text-align: left; padding: 0.2rem 0.7rem 0.2rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; max-width: 760px; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.grid { stroke: var(--rule); }
polyline { fill: none; stroke-width: 1.8; }
.deploy { fill: var(--c0); background: var(--c0); } .running { fill: var(--c4); background: var(--c4); }
.ready { fill: var(--c2); background: var(--c2); }
.key { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.35em 0 0.9em; }
${Array.from({ length: 8 }, (_, i) => `.line${i} { stroke: var(--c${i}); } .fill${i} { fill: var(--c${i}); } .key${i} { background: var(--c${i}); }`).join('\n')}
`;
