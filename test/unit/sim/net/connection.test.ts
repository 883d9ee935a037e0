import { describe, expect, it } from 'vitest';
import { Engine } from '../../../../sim/engine/engine.ts';
import { Randomness } from '../../../../sim/engine/random.ts';
import { Connection } from '../../../../sim/net/connection.ts';
import { Link } from '../../../../sim/net/link.ts';
import { linuxTcp } from '../../../../sim/net/parameters.ts';
import { atOnce } from '../../../../sim/net/sender.ts';
import type { Stream } from '../../../../sim/net/stream.ts';
import { parseNetwork } from '../../../../trio/network/profile.ts';
import { transfer, transferNs } from '../../../support/transfers.ts';

const { mssBytes, headerBytes, synBytes } = linuxTcp;
const wan = parseNetwork('wan100m');
const wireNs = (bytes: number, rateBps: number) => (bytes * 8e9) / rateBps;
const packetsOf = (bytes: number) => Math.ceil(bytes / mssBytes);
const wireBytes = (bytes: number) => bytes + packetsOf(bytes) * headerBytes;

describe('a node that does not know the registry', () => {
  const opened = (loss?: ConstructorParameters<typeof Link>[2]) => {
    const engine = new Engine();
    const link = new Link(engine, { ...wan, lossRatio: loss ? 0.4 : 0 }, loss, true);
    const atNs: number[] = [];
    const actor = { receive: () => void atNs.push(engine.nowNs) };
    const dialler = { receive: () => new Connection(engine, linuxTcp, link).open(actor, 0) };
    for (const afterNs of [0, 1e6, 10e9]) engine.at(afterNs, engine.source(), dialler, 0);
    engine.run();
    return { atNs, link };
  };

  it('asks for its address once, before the first packet', () => {
    const { atNs, link } = opened();
    const roundTripNs = (bytes: number) => wan.rttNs + 2 * wireNs(bytes, wan.rateBps);
    const addressed = roundTripNs(42);
    expect(atNs[0]).toBeCloseTo(addressed + roundTripNs(synBytes), -2);
    // The second one has waited with the first.
    expect(atNs[1]! - atNs[0]!).toBeCloseTo(wireNs(synBytes, wan.rateBps), -2);
    expect(atNs[2]).toBeCloseTo(10e9 + roundTripNs(synBytes), -2);
    expect(link.down.packets).toBe(1 + 3);
  });

  it('asks again after a second if nobody answers', () => {
    const lost: number[] = [0, 0.9, 0, 0.9, 0.9];
    const { atNs } = opened({ uniform: () => lost.shift() ?? 0.9 } as never);
    // The question got lost, then the answer.
    expect(atNs[0]! / 1e9).toBeCloseTo(2 + (2 * wan.rttNs) / 1e9, 3);
  });
});

describe('a transfer on an empty link', () => {
  it('takes a round trip for the handshake', () => {
    const [times] = transfer(wan, [{ openNs: 0, bytes: 1 }]).times;
    expect(times!.openedNs).toBe(Math.ceil(wan.rttNs + 2 * wireNs(synBytes, wan.rateBps)));
  });

  it.each([1, 1448, 1449, 14_480])('of %i bytes takes half a round trip more, and the line', (bytes) => {
    const { times } = transfer(wan, [{ openNs: 0, bytes }]);
    const expectedNs = wan.rttNs / 2 + wireNs(wireBytes(bytes), wan.rateBps);
    expect(Math.abs(times[0]!.doneNs - times[0]!.openedNs - expectedNs)).toBeLessThan(10);
  });

  // So fast a line that only round trips count: 10 segments, then twice as many each time.
  it.each([
    [10, 1],
    [11, 2],
    [30, 2],
    [31, 3],
    [70, 3],
    [71, 4],
    [150, 4],
    [151, 5],
    [310, 5],
    [620, 6],
    [640, 7],
    [1200, 7],
  ])('of %i segments takes %i rounds of slow start', (segments, rounds) => {
    const ns = transferNs({ rttNs: 100e6, rateBps: 1e15, lossRatio: 0 }, segments * mssBytes);
    expect(ns / 100e6).toBeCloseTo(1 + rounds - 0.5, 3);
  });

  it('fills the line once slow start has found its rate', () => {
    const bytes = 30e6;
    const lineNs = wireNs(wireBytes(bytes), wan.rateBps);
    const ns = transferNs(wan, bytes);
    // Windows below 172 segments leave the line idle for a part of their round trip.
    const idleNs = [10, 20, 40, 80, 160].reduce(
      (sum, segments) => sum + wan.rttNs - wireNs(segments * 1514, wan.rateBps),
      0,
    );
    // And a burst, about a millisecond of the line, arrives as a whole: each of those rounds waits for one.
    const burstNs = 1e6;
    expect(ns).toBeGreaterThan(lineNs + 1.5 * wan.rttNs);
    expect(ns).toBeLessThan(lineNs + 1.5 * wan.rttNs + idleNs + 5 * burstNs);
  });

  it('is no faster than the largest receive window in a round trip', () => {
    const [rttNs, bytes] = [300e6, 500e6];
    const ns = transferNs({ rttNs, rateBps: 100e9, lossRatio: 0 }, bytes);
    const windowNs = (bytes / linuxTcp.receiveWindowBytesMax) * rttNs;
    // A writer is woken when a third of the send buffer is free: that much may be in flight.
    const bufferNs = (bytes / ((2 / 3) * linuxTcp.sendBufferBytesMax)) * rttNs;
    expect(ns).toBeGreaterThan(windowNs);
    expect(ns).toBeLessThan(bufferNs + 10 * rttNs);
  });

  it('puts handshake, segments and ACKs on the wire', () => {
    const bytes = 1_000_000;
    const { link } = transfer(wan, [{ openNs: 0, bytes }]);
    expect(link.down.packets).toBe(1 + packetsOf(bytes));
    expect(link.down.bytes).toBe(synBytes + wireBytes(bytes));
    expect(link.up.bytes).toBe(synBytes + (link.up.packets - 1) * headerBytes);
  });

  it('acknowledges bursts, and bursts are as large as the line is fast', () => {
    const acks = (profile: string) =>
      transfer(parseNetwork(profile), [{ openNs: 0, bytes: 20e6 }]).link.up.packets;
    const segments = packetsOf(20e6);
    expect(segments / acks('lan1g')).toBeGreaterThan(40);
    expect(segments / acks('wan100m')).toBeGreaterThan(7);
    expect(segments / acks('wan100m')).toBeLessThan(14);
  });

  it('is written before it has arrived: the rest is in the send buffer', () => {
    const [times] = transfer(wan, [{ openNs: 0, bytes: 30e6 }]).times;
    const leftBytes = ((times!.doneNs - times!.writtenNs) * wan.rateBps) / 8e9;
    expect(leftBytes).toBeGreaterThan(1e6);
    expect(leftBytes).toBeLessThan(1.1 * linuxTcp.sendBufferBytesMax);
  });

  it('has a short segment at the end of each write that the window lets go', () => {
    const fast = { rttNs: 1000, rateBps: 1e12, lossRatio: 0 };
    const writing = { bytes: 32 * 1024, everyNs: 1e6 };
    const { link } = transfer(fast, [{ openNs: 0, bytes: 320 * 1024 }], { writing });
    expect(link.down.packets).toBe(1 + 10 * packetsOf(32 * 1024));
  });
});

describe('a connection that is used again', () => {
  // 100 kB, a pause, 100 kB.
  function second(pauseNs: number): number {
    const { engine, times } = transfer(wan, [{ openNs: 0, bytes: 100e3 }]);
    const { down } = times[0]!.connection;
    let doneNs = -1;
    const startNs = engine.nowNs + pauseNs;
    const actor = {
      receive(signal: number): void {
        if (signal === 0) down.send(100e3, atOnce);
        else doneNs = engine.nowNs;
      },
    };
    down.watch(200e3, actor, 1);
    engine.at(startNs, engine.source(), actor, 0);
    engine.run();
    return doneNs - startNs;
  }

  it('keeps its window for a moment, and loses it when it rests', () => {
    const lineNs = wireNs(wireBytes(100e3), wan.rateBps) + wan.rttNs / 2;
    expect(second(1e6)).toBeLessThan(lineNs + 0.1 * wan.rttNs);
    expect(second(10e9)).toBeGreaterThan(lineNs + 1.5 * wan.rttNs);
  });
});

describe('an application that reads for itself', () => {
  it('and does not stops the sender at the receive window, until it reads', () => {
    const { engine, times } = transfer(wan, [{ openNs: 0, bytes: 1 }]);
    const { down } = times[0]!.connection;
    down.readsAtOnce = false;
    down.send(1e6, atOnce);
    engine.run();
    const stoppedBytes = down.receivedBytes;
    expect(stoppedBytes).toBeLessThanOrEqual(linuxTcp.receiveWindowBytes + 1);
    expect(stoppedBytes).toBeGreaterThan(linuxTcp.receiveWindowBytes - mssBytes);
    for (let rounds = 0; down.receivedBytes < 1e6 + 1 && rounds < 100; rounds++) {
      down.consume(down.receivedBytes - down.consumedBytes);
      engine.run();
    }
    expect(down.receivedBytes).toBe(1e6 + 1);
    expect(() => down.consume(2e6)).toThrow('more bytes read');
  });

  /** Reads 16 KiB at a time and works on each for a while. */
  function slowReader(stream: Stream, engine: Engine, everyNs: number) {
    const source = engine.source();
    const reader = {
      receive(signal: number, bytes: number): void {
        if (signal === 0) {
          const available = Math.min(16_384, stream.receivedBytes - stream.consumedBytes);
          engine.after(everyNs, source, reader, 1, available);
        } else {
          stream.consume(bytes);
          stream.whenReadable(reader, 0);
        }
      },
    };
    stream.readsAtOnce = false;
    stream.whenReadable(reader, 0);
  }

  /** How long it takes until such a reader has all. */
  function slowlyNs(bytes: number, everyNs: number, lossRatio: number, seed: string): number {
    const engine = new Engine();
    const loss = new Randomness(seed).stream('network loss');
    const link = new Link(engine, { rttNs: 1e6, rateBps: 1e9, lossRatio }, loss);
    const connection = new Connection(engine, linuxTcp, link);
    const { down } = connection;
    let doneNs = -1;
    const actor = {
      receive(signal: number): void {
        if (signal === 0) down.send(bytes, atOnce);
        else doneNs = engine.nowNs;
      },
    };
    slowReader(down, engine, everyNs);
    down.watch(bytes, actor, 1);
    connection.open(actor, 0);
    engine.run();
    return doneNs;
  }

  it('slowly slows the sender down', () => {
    // 123 reads, a millisecond each, if all are full; the line would take 17 ms.
    const ns = slowlyNs(2e6, 1e6, 0, '');
    expect(ns).toBeGreaterThan(123e6);
    expect(ns).toBeLessThan(150e6);
  });

  it('gets all in the end, whatever gets lost', () => {
    // So slowly that the window closes and all is acknowledged: then only its opening is news, and may get lost.
    for (let seed = 0; seed < 40; seed++)
      expect(slowlyNs(300e3, 100e6, 0.3, `${seed}`)).toBeGreaterThan(1.9e9);
  });
});
