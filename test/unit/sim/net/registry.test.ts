import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { Randomness } from '../../../../sim/engine/random.ts';
import { answerTo } from '../../../../sim/net/byte-range.ts';
import { goTransport, HttpPool, type HttpPoolParameters } from '../../../../sim/net/http-pool.ts';
import type { HttpRequest } from '../../../../sim/net/http-request.ts';
import { Link } from '../../../../sim/net/link.ts';
import { linuxTcp } from '../../../../sim/net/parameters.ts';
import { dockerRegistry, Registry, type RegistryParameters } from '../../../../sim/net/registry.ts';
import type { Stream } from '../../../../sim/net/stream.ts';
import { constantTime, spreadTime } from '../../../../sim/net/service-time.ts';

const rttNs = 10e6;
const fast = { rttNs, rateBps: 1e12, lossRatio: 0 };
const get: HttpRequest = { method: 'GET', path: '/blob', ranges: [] };

interface Asked {
  readonly atNs: number;
  readonly request?: HttpRequest;
}

/** Asks at the given times; a blob of 1000 bytes; a registry that answers at once but for what the test sets. */
function ask(
  asked: readonly Asked[],
  registrySettings: Partial<RegistryParameters> = {},
  poolSettings: Partial<HttpPoolParameters> = {},
) {
  const engine = new Engine();
  const link = new Link(engine, fast);
  const parameters = { ...dockerRegistry, serviceTime: constantTime(0), ...registrySettings };
  const registry = new Registry(engine, parameters);
  registry.put('/blob', 1000);
  const pool = new HttpPool(engine, linuxTcp, link, registry, { ...goTransport, ...poolSettings });
  const source = engine.source();
  const doneNs: number[] = asked.map(() => -1);
  const actor = {
    receive(signal: number, index: number): void {
      if (signal === 0) pool.request(asked[index]!.request ?? get, actor, 1, index);
      else doneNs[index] = engine.nowNs;
    },
  };
  for (const [index, { atNs }] of asked.entries()) engine.at(atNs, source, actor, 0, index);
  engine.run();
  /** In round trips, to a thousandth. */
  const tookRtts = doneNs.map((ns, index) => Number(((ns - asked[index]!.atNs) / rttNs).toFixed(3)));
  return { engine, link, registry, pool, tookRtts, log: registry.log };
}

const atOnce = (requests: number): Asked[] => Array.from({ length: requests }, () => ({ atNs: 0 }));

describe('a pool of connections', () => {
  it('opens one for the first request and keeps it for the next', () => {
    const { tookRtts, pool } = ask([{ atNs: 0 }, { atNs: 5 * rttNs }]);
    expect(tookRtts).toEqual([2, 1]);
    expect(pool.connectionsOpened).toBe(1);
  });

  it('opens one for each of those that come together', () => {
    const { tookRtts, pool } = ask(atOnce(3));
    expect(tookRtts).toEqual([2, 2, 2]);
    expect(pool.connectionsOpened).toBe(3);
  });

  it('keeps only some of them', () => {
    const again = Array.from({ length: 3 }, () => ({ atNs: 5 * rttNs }));
    const { tookRtts, pool } = ask([...atOnce(3), ...again]);
    // Two are used again; the third request takes the first that is free, before its own is open.
    expect(tookRtts.slice(3)).toEqual([1, 1, 2]);
    expect(pool.connectionsOpened).toBe(4);
    const many = ask([...atOnce(3), ...again], {}, { idleConnectionsMax: 10 });
    expect(many.tookRtts.slice(3)).toEqual([1, 1, 1]);
    expect(many.pool.connectionsOpened).toBe(3);
  });

  it('has no more than it may have', () => {
    const { tookRtts, pool } = ask(atOnce(4), {}, { connectionsMax: 1 });
    expect(tookRtts).toEqual([2, 3, 4, 5]);
    expect(pool.connectionsOpened).toBe(1);
  });

  it('goes on with the connection that is free first', () => {
    // The second request begins to open a connection, then gets that of the first, which is done before.
    const { tookRtts, pool } = ask([{ atNs: 0 }, { atNs: 1.5 * rttNs }]);
    expect(tookRtts).toEqual([2, 1.5]);
    expect(pool.connectionsOpened).toBe(2);
  });

  it('is used again only after the answer is read', () => {
    const engine = new Engine();
    const registry = new Registry(engine, { ...dockerRegistry, serviceTime: constantTime(0) });
    registry.put('/blob', 1000);
    const pool = new HttpPool(engine, linuxTcp, new Link(engine, fast), registry, {
      ...goTransport,
      connectionsMax: 1,
    });
    const source = engine.source();
    const doneNs: number[] = [];
    const done = {
      receive(): void {
        doneNs.push(engine.nowNs);
      },
    };
    // Reads what comes, a second later.
    const lateReader = {
      stream: undefined as Stream | undefined,
      begin(stream: Stream): void {
        this.stream = stream;
        stream.whenReadable(this, 0);
      },
      receive(signal: number): void {
        if (signal === 0) engine.after(1e9, source, this, 1);
        else this.stream!.consume(this.stream!.receivedBytes - this.stream!.consumedBytes);
      },
    };
    pool.request(get, done, 0, 0, lateReader);
    pool.request(get, done, 0);
    engine.run();
    expect(doneNs.map((ns) => Math.round(ns / rttNs))).toEqual([102, 103]);
  });

  it('closes what rests too long', () => {
    const { tookRtts, link } = ask([{ atNs: 0 }, { atNs: 31e9 }]);
    expect(tookRtts).toEqual([2, 2]);
    // SYN-ACK, ACK of the first request (at once, as long as it is not known that answers follow), answer and FIN.
    expect(link.down.packets).toBe(2 * 4);
  });

  it('puts the headers of requests and answers on the wire', () => {
    const { link } = ask([{ atNs: 0, request: { ...get, method: 'HEAD' } }]);
    const headers = link.up.packets * linuxTcp.headerBytes;
    expect(link.up.bytes).toBe(headers + goTransport.requestHeaderBytes + linuxTcp.synBytes - 66);
    expect(link.down.bytes).toBe(
      link.down.packets * 66 + dockerRegistry.headerBytes + linuxTcp.synBytes - 66,
    );
  });
});

describe('a registry', () => {
  it('works on a request, then answers', () => {
    expect(ask([{ atNs: 0 }], { serviceTime: constantTime(3 * rttNs) }).tookRtts).toEqual([5]);
  });

  it('works on so many at once', () => {
    const { tookRtts } = ask(atOnce(5), { serviceTime: constantTime(rttNs), concurrentMax: 2 });
    expect(tookRtts).toEqual([3, 3, 4, 4, 5]);
  });

  it('goes on when the answer is on the way: the client does not wait for that, but the next may', () => {
    const settings = { restTime: constantTime(3 * rttNs) };
    expect(ask(atOnce(2), settings).tookRtts).toEqual([2, 2]);
    expect(ask(atOnce(2), { ...settings, concurrentMax: 1 }).tookRtts).toEqual([2, 5]);
  });

  it('answers so many a second, after a burst', () => {
    const { log } = ask(atOnce(6), { requestsPerSecond: 10, requestBurst: 3 });
    const firstNs = log[0]!.endNs;
    expect(log.map(({ endNs }) => Math.round((endNs - firstNs) / 1e6))).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it('never answers more a second than it may, and loses none', () => {
    const asked = Array.from({ length: 60 }, (_, n) => ({ atNs: Math.floor(n / 7) * 35e6 }));
    const { log } = ask(asked, { requestsPerSecond: 50, requestBurst: 4 });
    expect(log).toHaveLength(60);
    for (let i = 0; i < log.length; i++)
      for (let j = i + 1; j < log.length; j++)
        expect(j - i + 1).toBeLessThanOrEqual(4 + ((log[j]!.endNs - log[i]!.endNs) / 1e9) * 50 + 1e-6);
  });

  it('logs requests as the one in the VM does', () => {
    const request = { ...get, ranges: [{ first: 10, last: 19 }] };
    const { log } = ask([
      { atNs: 0, request },
      { atNs: 1e9, request: { ...get, path: '/none' } },
    ]);
    expect(log).toMatchObject([
      { method: 'GET', path: '/blob', range: 'bytes=10-19', status: 206, bytes: 10 },
      { method: 'GET', path: '/none', range: '', status: 404, bytes: 0 },
    ]);
    expect(log[0]!.endNs).toBeGreaterThanOrEqual(log[0]!.atNs);
  });

  it.each([
    ['all', [], { status: 200, bodyBytes: 1000 }],
    ['a part', [[0, 1]], { status: 206, bodyBytes: 2 }],
    ['what there is', [[900, 5000]], { status: 206, bodyBytes: 100 }],
    ['nothing', [[1000, 1001]], { status: 416, bodyBytes: 0 }],
    ['two parts', [[0, 9], [20, 29]], { status: 206, bodyBytes: 20 + 3 * 174 }], // prettier-ignore
    ['the part that is there', [[0, 9], [2000, 2001]], { status: 206, bodyBytes: 10 }], // prettier-ignore
    ['all if parts are more', [[0, 900], [100, 999]], { status: 200, bodyBytes: 1000 }], // prettier-ignore
  ])('answers %s of a resource', (_, ranges, answer) => {
    const asked = ranges.map(([first, last]) => ({ first: first!, last: last! }));
    expect(answerTo(1000, asked, dockerRegistry.partBytes)).toEqual(answer);
  });
});

describe('service times', () => {
  const get = { method: 'GET', path: '/', ranges: [] } as const;
  const stream = () => new Randomness('seed').stream('registry');

  it('have the median and the spread of a log-normal distribution', () => {
    const time = spreadTime(constantTime(1e6), 0.5, stream());
    const drawn = Array.from({ length: 20_000 }, () => time(get, 0, 0)).toSorted((a, b) => a - b);
    expect(drawn[10_000]! / 1e6).toBeCloseTo(1, 1);
    // One standard deviation above: 84.1 %.
    expect(drawn[16_827]! / 1e6).toBeCloseTo(Math.exp(0.5), 1);
    expect(() => spreadTime(constantTime(1), -1, stream())).toThrow('no log-normal');
  });

  it('are the same with the same seed', () => {
    const [a, b] = [spreadTime(constantTime(1e6), 1, stream()), spreadTime(constantTime(1e6), 1, stream())];
    const draws = (time: typeof a) => Array.from({ length: 50 }, () => time(get, 0, 0));
    expect(draws(a)).toEqual(draws(b));
    expect(constantTime(5)(get, 0, 0)).toBe(5);
    expect(() => constantTime(-5)).toThrow('-5 ns');
  });
});
