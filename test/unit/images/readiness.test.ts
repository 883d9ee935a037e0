import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReadiness, parseReadiness, type Readiness } from '../../../vm/images/readiness.ts';

describe('parseReadiness', () => {
  it.each<[string, Readiness]>([
    ['http:80/', { kind: 'http', port: 80, path: '/' }],
    ['http:8080', { kind: 'http', port: 8080, path: '/' }],
    ['http:3000/health?deep=1', { kind: 'http', port: 3000, path: '/health?deep=1' }],
    ['tcp:6379', { kind: 'tcp', port: 6379 }],
    ['exit:0', { kind: 'exit', code: 0 }],
    ['exit:255', { kind: 'exit', code: 255 }],
    ['log:Server startup in \\[\\d+\\]', { kind: 'log', pattern: 'Server startup in \\[\\d+\\]' }],
    ['log:a:b', { kind: 'log', pattern: 'a:b' }],
  ])('reads %s', (text, value) => expect(parseReadiness(text)).toEqual(value));

  it.each([
    ['', 'no way to be ready'],
    ['http', 'a port is a number'],
    ['https:443/', '"https" is no way to be ready'],
    ['http:/path', 'a port is a number'],
    ['http:80/a b', 'without spaces'],
    ['tcp:0', 'from 1 to 65535'],
    ['tcp:65536', 'from 1 to 65535'],
    ['tcp:80/x', 'a port is a number'],
    ['tcp:-1', 'a port is a number'],
    ['exit:256', 'from 0 to 255'],
    ['exit:', 'from 0 to 255'],
    ['log:', 'empty'],
    ['log:(', 'Invalid regular expression'],
  ])('refuses %j', (text, why) => {
    const message = new RegExp(why.replaceAll('(', '\\('));
    expect(() => parseReadiness(text)).toThrow(message);
    expect(() => parseReadiness(text)).toThrow(
      expect.objectContaining({ code: 'BAD_READINESS', exitCode: 2 }),
    );
  });

  it('reads back what formatReadiness writes', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const value = fc.oneof(
      fc.record({ kind: fc.constant('http' as const), port, path: fc.webPath().map((path) => `/${path}`) }),
      fc.record({ kind: fc.constant('tcp' as const), port }),
      fc.record({ kind: fc.constant('exit' as const), code: fc.integer({ min: 0, max: 255 }) }),
      fc.record({
        kind: fc.constant('log' as const),
        pattern: fc.constantFrom('ready', 'a|b', '^x:y$', '\\d+ s'),
      }),
    );
    fc.assert(
      fc.property(value, (ready) => {
        expect(parseReadiness(formatReadiness(ready))).toEqual(ready);
      }),
    );
  });
});
