import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withFixedDates } from '../../../vm/images/java-keystore.ts';

/** A store with certificates of these aliases, all dated `dateMs`. */
function store(aliases: readonly string[], dateMs: number): Buffer {
  const u16 = (n: number) => Buffer.from([n >> 8, n & 255]);
  const u32 = (n: number) => Buffer.concat([u16(n >>> 16), u16(n & 65_535)]);
  const text = (value: string) => Buffer.concat([u16(value.length), Buffer.from(value)]);
  const date = Buffer.alloc(8);
  date.writeBigUInt64BE(BigInt(dateMs));
  const certificate = Buffer.from('certificate');
  const entries = aliases.map((alias) =>
    Buffer.concat([u32(2), text(alias), date, text('X.509'), u32(certificate.length), certificate]),
  );
  const body = Buffer.concat([u32(0xfeedfeed), u32(2), u32(aliases.length), ...entries]);
  const password = Buffer.from('changeit', 'utf16le').swap16();
  const sum = createHash('sha1').update(password).update('Mighty Aphrodite').update(body).digest();
  return Buffer.concat([body, sum]);
}

describe('withFixedDates', () => {
  it('gives stores that differ in their dates the same bytes, with a right checksum', () => {
    const aliases = ['debian:one.pem', 'debian:two.pem'];
    expect(withFixedDates(store(aliases, 1_700_000_000_123), 5000)).toEqual(store(aliases, 5000));
    expect(withFixedDates(store([], 1), 5000)).toEqual(store([], 5000));
  });

  it('leaves anything else alone', () => {
    const whole = store(['a'], 1);
    for (const other of [Buffer.from('PK'), Buffer.alloc(64), whole.subarray(0, whole.length - 1)])
      expect(withFixedDates(other, 5000)).toEqual(other);
  });
});
