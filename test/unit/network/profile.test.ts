import { describe, expect, it } from 'vitest';
import { TrioError } from '../../../trio/errors.ts';
import { parseNetwork } from '../../../trio/network/profile.ts';

describe('network profiles', () => {
  it.each([
    ['lan10g', { rttNs: 200_000, rateBps: 10e9, lossRatio: 0 }],
    ['lan1g', { rttNs: 500_000, rateBps: 1e9, lossRatio: 0 }],
    ['wan100m', { rttNs: 20_000_000, rateBps: 100e6, lossRatio: 0 }],
    ['rtt=2.5ms,rate=40mbit', { rttNs: 2_500_000, rateBps: 40e6, lossRatio: 0 }],
    ['loss=0.5%,rate=1gbit,rtt=0us', { rttNs: 0, rateBps: 1e9, lossRatio: 0.005 }],
  ])('reads %s', (text, link) => {
    expect(parseNetwork(text)).toEqual({ profile: text, ...link });
  });

  it.each([
    ['lan2g', 'unknown name'],
    ['', 'unknown name'],
    ['rtt=1ms', 'rate needs'],
    ['rate=1gbit', 'rtt needs'],
    ['rtt=1,rate=1gbit', 'rtt needs a time with a unit'],
    ['rtt=-1ms,rate=1gbit', 'rtt needs'],
    ['rtt=1ms,rate=0mbit', 'rate needs a positive rate'],
    ['rtt=1ms,rate=1gbit,loss=100%', 'below 100%'],
    ['rtt=1ms,rate=1gbit,loss=0.1', 'percentage'],
    ['rtt=1ms,rtt=2ms,rate=1gbit', 'given once'],
    ['rtt=1ms,rate=1gbit,jitter=1ms', '"jitter"'],
    ['rtt=11s,rate=1gbit', 'more than 10 s'],
  ])('refuses %s', (text, why) => {
    const parse = () => parseNetwork(text);
    expect(parse).toThrow(TrioError);
    expect(parse).toThrow(why);
  });
});
