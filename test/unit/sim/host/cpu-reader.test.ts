import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { FairServer } from '../../../../sim/engine/fair-server.ts';
import { CpuReader } from '../../../../sim/host/cpu-reader.ts';
import { HttpPool } from '../../../../sim/net/http-pool.ts';
import { Link } from '../../../../sim/net/link.ts';
import { linuxTcp } from '../../../../sim/net/parameters.ts';
import { dockerRegistry, Registry } from '../../../../sim/net/registry.ts';
import { constantTime } from '../../../../sim/net/service-time.ts';

const blobBytes = 20e6;

/** When the blobs are read, each by a reader that needs so long for a byte; one processor. */
function readNs(rateBps: number, nsPerByte: number, blobs = 1, onRead?: (leftBytes: number) => void): number {
  const engine = new Engine();
  const link = new Link(engine, { rttNs: 200_000, rateBps, lossRatio: 0 }, undefined);
  const registry = new Registry(engine, { ...dockerRegistry, serviceTime: constantTime(0) });
  registry.put('/blob', blobBytes);
  const pool = new HttpPool(engine, linuxTcp, link, registry);
  const cpu = new FairServer(engine, 1, 1);
  let endNs = 0;
  const actor = { receive: () => (endNs = engine.nowNs) };
  for (let i = 0; i < blobs; i++)
    pool.request(
      { method: 'GET', path: '/blob', ranges: [] },
      ...([actor, 0, 0, new CpuReader(cpu, nsPerByte, onRead)] as const),
    );
  engine.run();
  return endNs;
}

describe('a reader that works on each byte', () => {
  it('takes the time of its work when the line is fast', () => {
    const workNs = blobBytes * 25;
    expect(readNs(10e9, 25)).toBeGreaterThanOrEqual(workNs);
    expect(readNs(10e9, 25)).toBeLessThan(1.02 * workNs);
  });

  it('takes the time of the line when that is slow', () => {
    const lineNs = (blobBytes * 8e9) / 100e6;
    expect(readNs(100e6, 25)).toBeGreaterThanOrEqual(lineNs);
    expect(readNs(100e6, 25)).toBeLessThan(1.1 * lineNs);
  });

  it('says what is still to be read, until nothing is', () => {
    const left: number[] = [];
    readNs(1e9, 1, 1, (bytes) => left.push(bytes));
    expect(left.length).toBeGreaterThan(100);
    expect(left[0]).toBeGreaterThan(0.99 * blobBytes);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect(left.at(-1)).toBe(0);
  });

  it('shares the processor with another', () => {
    expect(readNs(10e9, 25, 2)).toBeGreaterThanOrEqual(2 * blobBytes * 25);
    expect(readNs(10e9, 25, 2)).toBeLessThan(1.02 * 2 * blobBytes * 25);
  });
});
