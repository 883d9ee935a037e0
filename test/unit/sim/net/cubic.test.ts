import { describe, expect, it } from 'vitest';
import { Cubic } from '../../../../sim/net/cubic.ts';
import { linuxTcp } from '../../../../sim/net/parameters.ts';

const rttNs = 20e6;
const rtoNs = 220e6;

/** The window after 20 round trips of full windows since a loss, with a pause in the middle. */
function windowAfter(pauseNs: number): number {
  const cubic = new Cubic(linuxTcp);
  cubic.window = 400;
  cubic.lose();
  let nowNs = 0;
  for (let round = 0; round < 20; round++) {
    if (round === 10 && pauseNs > 0) {
      nowNs += pauseNs;
      cubic.resume(nowNs, pauseNs, rtoNs);
    }
    cubic.measure(nowNs, rttNs, true, 1e6);
    cubic.grow(nowNs, cubic.window);
    nowNs += rttNs;
  }
  return cubic.window;
}

describe('a pause with nothing in flight', () => {
  it('is no time in which the window grows', () => {
    expect(windowAfter(0)).toBeGreaterThan(300);
    expect(windowAfter(200e6)).toBe(windowAfter(0));
  });

  it.each([
    [1.5, 2],
    [2.5, 4],
    [100, 40],
  ])('of %d retransmission timeouts leaves one part in %d, but the first window', (timeouts, part) => {
    const cubic = new Cubic(linuxTcp);
    cubic.window = 400;
    cubic.resume(1e12, timeouts * rtoNs, rtoNs);
    expect(cubic.window).toBe(400 / part);
    expect(cubic.inSlowStart).toBe(true);
  });
});
