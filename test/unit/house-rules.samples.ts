/** A file that the linter must reject, and the one rule that must do it. */
export interface Violation {
  readonly folder: string;
  readonly rule: string;
  readonly code: string;
  /** The file's name, where it matters. */
  readonly name?: string;
}

/** What the samples import: without them a sample could be rejected because its import leads nowhere. */
export const targets = [
  'trio/errors.ts',
  'trio/trace/parse.ts',
  'trio/image/meta.ts',
  'trio/network/profile.ts',
  'trio/calibration/calibration.ts',
  'trio/registry/client.ts',
  'sim/engine/clock.ts',
  'sim/systems/trio.ts',
  'vm/e2e/run.ts',
  'test/helper.ts',
  'scripts/tool.ts',
  'golden/table.ts',
  'kernel/table.ts',
];

/** Files by path that use all that their room may use. */
export const clean: Record<string, string> = {
  'trio/cli/clean.ts': `
    import { readFile } from 'node:fs/promises';
    export { x } from '../trace/parse.ts';
    export const text = await readFile('x', 'utf8');`,
  'vm/e2e/clean.ts': `
    export { x } from '../../trio/registry/client.ts';
    export const nowMs = Date.now() + Math.random();`,
  'scripts/clean.ts': `
    export { $ } from 'zx';
    export { x } from './tool.ts';`,
  'sim/clean.ts': `
    export { x } from '../trio/trace/parse.ts';
    export { x as y } from './engine/clock.ts';`,
  'sim/report/clean.ts': `
    import { createHash } from 'node:crypto';
    import { argv } from 'node:process';
    export { x } from '../systems/trio.ts';
    export { x as y } from '../../trio/image/meta.ts';
    export { x as w } from '../../trio/errors.ts';
    export { x as u } from '../../trio/calibration/calibration.ts';
    export { z } from 'zod';
    export const hash = createHash('sha256').update(argv.join('')).digest('hex');`,
  'sim/engine/clean.ts': `
    import seedrandom from 'seedrandom';
    export { x } from './clock.ts';
    export { x as y } from '../systems/trio.ts';
    export { x as z } from '../../trio/trace/parse.ts';
    export { x as w } from '../../trio/image/meta.ts';
    export { x as v } from '../../trio/network/profile.ts';
    export { x as u } from '../../trio/calibration/calibration.ts';
    export const draw = Math.floor(6 * seedrandom('seed')());`,
  'test/unit/clean.test.ts': `
    import { expect, test } from 'vitest';
    import { x as a } from '../../sim/engine/clock.ts';
    import { x as b } from '../../vm/e2e/run.ts';
    test('a', () => {
      expect(a).toBe(b);
    });`,
};

/** What the rules must reject. */
export const violations: Violation[] = [
  // Who may import whom.
  ...imports('trio', ['../sim/engine/clock.ts', '../vm/e2e/run.ts', '../test/helper.ts']),
  ...imports('trio/cli', ['../../sim/engine/clock.ts', '../../vm/e2e/run.ts', '../../test/helper.ts']),
  ...imports('trio/cli', ['../../scripts/tool.ts', '../../golden/table.ts', '../../kernel/table.ts']),
  ...imports('vm/e2e', ['../../sim/engine/clock.ts', '../../test/helper.ts', '../../scripts/tool.ts']),
  ...imports('vm/e2e', ['../../golden/table.ts', '../../kernel/table.ts']),
  ...imports('vm', ['../sim/engine/clock.ts', './../sim/engine/clock.ts', './e2e/../../sim/engine/clock.ts']),
  ...imports('scripts', ['../trio/errors.ts', '../sim/engine/clock.ts', '../vm/e2e/run.ts']),
  ...imports('scripts', ['../test/helper.ts', '../golden/table.ts', '../kernel/table.ts']),
  ...imports('sim', [
    '../vm/e2e/run.ts',
    '../test/helper.ts',
    '../trio/cli/trio.ts',
    '../trio/registry/client.ts',
  ]),
  ...imports('sim/report', ['../../vm/e2e/run.ts', '../../test/helper.ts', '../../scripts/tool.ts']),
  ...imports('sim/report', [
    '../../trio/cli/trio.ts',
    '../../trio/registry/client.ts',
    '../../golden/table.ts',
    '../../kernel/table.ts',
  ]),
  ...['engine', 'pagecache', 'net', 'host', 'systems'].flatMap((room) => [
    ...imports(`sim/${room}`, ['node:fs', 'node:fs/promises', 'node:crypto', 'node:timers', 'zod', 'zod/v4']),
    ...imports(`sim/${room}`, ['../../vm/e2e/run.ts', '../../test/helper.ts', '../../scripts/tool.ts']),
    ...imports(`sim/${room}`, ['../../trio/errors.ts', '../../trio/registry/client.ts']),
    ...imports(`sim/${room}`, ['../../golden/table.ts', '../../kernel/table.ts']),
  ]),

  // Every way to import, not only the common one.
  reject('trio/cli', 'no-restricted-imports', `export * from '../../vm/e2e/run.ts';`),
  reject('trio/cli', 'no-restricted-imports', `export { x } from '../../vm/e2e/run.ts';`),
  reject('trio/cli', 'no-restricted-imports', `import '../../vm/e2e/run.ts';`),
  reject('trio/cli', 'no-restricted-imports', `export const run = await import('../../vm/e2e/run.ts');`),
  reject(
    'trio/cli',
    'no-restricted-imports',
    `import type { X } from '../../vm/e2e/run.ts'; export type Y = X;`,
  ),
  reject('trio/cli', 'consistent-type-imports', `export type Y = import('../../vm/e2e/run.ts').X;`),

  // sim/: no clock, no timers, no randomness but its own.
  ...imports('sim/report', ['node:timers', 'node:timers/promises', 'node:perf_hooks']),
  ...imports('sim/report', ['node:crypto', 'node:module']),
  reject('sim/report', 'no-restricted-imports', `export { randomBytes } from 'node:crypto';`),
  reject('sim/report', 'no-restricted-imports', `export { hrtime } from 'node:process';`),
  reject('sim/report', 'no-restricted-imports', `export { uptime } from 'node:process';`),
  reject('sim/report', 'no-restricted-imports', `export { getBuiltinModule } from 'node:process';`),
  ...uses('no-restricted-globals', ['Date.now()', 'new Date()', 'performance.now()', 'crypto.randomUUID()']),
  ...uses('no-restricted-globals', ['setTimeout(() => {}, 1)', 'setInterval(() => {}, 1)']),
  ...uses('no-restricted-globals', [
    'setImmediate(() => {})',
    'new Intl.Collator()',
    'Temporal.Now.instant()',
    'globalThis',
    'global',
  ]),
  ...uses('no-restricted-properties', ['Math.random()', `Math['random']()`, 'process.uptime()']),
  ...uses('no-restricted-properties', ['process.hrtime()', 'process.hrtime.bigint()']),
  ...uses('no-restricted-properties', [`process.getBuiltinModule('node:fs')`, 'AbortSignal.timeout(1)']),
  ...uses('no-restricted-properties', [`'a'.localeCompare('b')`, '(1).toLocaleString()']),
  reject('sim/engine', 'no-restricted-properties', `const { random } = Math; export const draw = random();`),
  reject('sim/engine', 'no-restricted-globals', `export const nowMs = Date.now();`),

  // Everywhere.
  reject('vm/e2e', 'prefer-node-protocol', `export { readFile } from 'fs/promises';`),
  reject('vm/e2e', 'no-explicit-any', `export const a: any = 1;`),
  reject(
    'vm/e2e',
    'no-floating-promises',
    `async function work() {} export const start = () => { work(); };`,
  ),
  reject('vm/e2e', 'no-misused-promises', `async function work() {} export const a = work() ? 1 : 2;`),
  reject(
    'vm/e2e',
    'no-cycle',
    `import { y } from './cycle.ts'; export const x = (): number => y();`,
    'cycle-start.ts',
  ),

  // Tests that cannot fail, or do not run.
  badTest('expect-expect', `test('a', () => {});`),
  badTest('valid-expect', `test('a', () => { expect(1); });`),
  badTest('no-conditional-expect', `test('a', () => { expect(x).toBe(1); if (x) expect(2).toBe(2); });`),
  badTest('no-identical-title', `test('a', () => expect(1).toBe(1)); test('a', () => expect(2).toBe(2));`),
  badTest('no-focused-tests', `test.only('a', () => { expect(1).toBe(1); });`),
  badTest('no-disabled-tests', `test.skip('a', () => { expect(1).toBe(1); });`),
];

function reject(folder: string, rule: string, code: string, name?: string): Violation {
  return { folder, rule, code, ...(name && { name }) };
}

function imports(folder: string, specifiers: string[]): Violation[] {
  return specifiers.map((specifier) =>
    reject(folder, 'no-restricted-imports', `import * as a from '${specifier}'; export const b = [a];`),
  );
}

function uses(rule: string, expressions: string[]): Violation[] {
  return expressions.map((expression) => reject('sim/report', rule, `export const a = ${expression};`));
}

function badTest(rule: string, body: string): Violation {
  const head = `import { expect, test } from 'vitest'; import { x } from '../helper.ts'; export const y = [expect, x];`;
  return reject('test/unit', rule, `${head} ${body}`, `${rule}.test.ts`);
}
