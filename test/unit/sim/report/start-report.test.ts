import { expect, test } from 'vitest';
import { requestName } from '../../../../sim/report/requests.ts';
import { startReport, waitsByFile } from '../../../../sim/report/start-report.ts';
import { Observed } from '../../../../sim/start/observer.ts';
import { simulate } from '../../../../sim/start/simulate.ts';
import { syntheticScenario } from '../../../support/synthetic-start.ts';

test('waits are added up by file, the longest first', () => {
  const wait = (path: string, fromNs: number, toNs: number) => ({
    path,
    firstPage: 0,
    pages: 1,
    fromNs,
    toNs,
  });
  expect(waitsByFile([wait('/b', 0, 5), wait('/a', 10, 12), wait('/c', 20, 21), wait('/a', 30, 33)])).toEqual(
    [
      { path: '/a', waits: 2, waitedNs: 5 },
      { path: '/b', waits: 1, waitedNs: 5 },
      { path: '/c', waits: 1, waitedNs: 1 },
    ],
  );
});

test.for([
  ['GET', '/v2/nginx/blobs/sha256:0123456789abcdef', 'GET blob 0123456789ab'],
  ['HEAD', '/v2/nginx/manifests/latest', 'HEAD manifest latest'],
  ['GET', '/v2/', 'GET /v2/'],
] as const)('%s %s is named %s', ([method, path, name]) => {
  expect(requestName({ method, path })).toBe(name);
});

test.for(['full', 'crfs'])('a report of %s has each request, and what was waited for', (systemId) => {
  const observed = new Observed();
  const outcome = simulate(syntheticScenario(systemId), observed);
  const text = startReport(outcome, observed);
  expect(text.match(/│ (GET|HEAD) /g)).toHaveLength(outcome.requests.length);
  expect(text.includes('waited for no page')).toBe(systemId === 'full');
  expect(text.includes('│ /bin/server ')).toBe(systemId === 'crfs');
});
