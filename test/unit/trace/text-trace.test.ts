import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrioError } from '../../../trio/errors.ts';
import { pathBytes } from '../../../trio/trace/path-text.ts';
import { TextTraceReader } from '../../../trio/trace/text-trace.ts';

type Access = [path: string, ino: number, offsetBytes: number, lengthBytes: number];

/** Reads a trace that comes in pieces. */
function read(...pieces: (string | Uint8Array)[]): Access[] {
  const accesses: Access[] = [];
  const reader = new TextTraceReader('t.txt', {
    file: (path: string) => path,
    access: (...access) => accesses.push(access),
  });
  for (const piece of pieces) reader.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  reader.end();
  return accesses;
}

function errorOf(...pieces: (string | Uint8Array)[]): string {
  try {
    read(...pieces);
  } catch (error) {
    if (error instanceof TrioError && error.exitCode === 1) return error.message;
    throw error;
  }
  return 'none';
}

const component = fc
  .string({
    unit: fc.constantFrom('a', 'b', '.', ',', '-', ' ', '1', 'ä', '\udcff', '\t'),
    minLength: 1,
    maxLength: 8,
  })
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const access = fc.tuple(path, fc.maxSafeNat(), fc.nat({ max: 2 ** 52 - 1 }), fc.nat({ max: 2 ** 52 - 1 }));
const line = ([name, ...numbers]: Access) =>
  Buffer.concat([pathBytes(name), Buffer.from(`,${numbers.join(',')}\n`)]);

describe('the text trace', () => {
  it('is read as it was written, however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 6 }), (all, cuts) => {
        const bytes = Buffer.concat(all.map(line));
        const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const pieces = [...places, bytes.length].map((end, i) => bytes.subarray(places[i - 1] ?? 0, end));
        expect(read(...pieces)).toEqual(all);
      }),
    );
  });

  it('agrees with a naive reader on which lines are right', () => {
    // One character changed, put in or taken out makes lines that are almost right.
    const spoilt = fc
      .tuple(
        access,
        fc.nat(),
        fc.nat({ max: 1 }),
        fc.constantFrom('', ',', '/', '.', '-', '0', '9', 'x', ' ', '\0'),
      )
      .map(([right, at, drop, put]) => {
        const text = line(right).toString('latin1').slice(0, -1);
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + drop);
      });
    const naive = (text: string) => {
      const [, name = '', ...numbers] = /^(\/.*),(\d{1,16}),(\d{1,16}),(\d{1,16})$/s.exec(text) ?? [];
      const [, offset = 0, length = 0] = numbers.map(Number);
      return (
        name !== '' &&
        !name.includes('\0') &&
        // The root itself is a path, of no components.
        (name === '/' ||
          !name
            .slice(1)
            .split('/')
            .some((part) => ['', '.', '..'].includes(part))) &&
        numbers.every((n) => Number.isSafeInteger(Number(n))) &&
        Number.isSafeInteger(offset + length)
      );
    };
    fc.assert(
      fc.property(spoilt, (text) => {
        expect(errorOf(Buffer.from(`${text}\n`, 'latin1')) === 'none').toBe(naive(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps thousands of paths apart', () => {
    const all = Array.from({ length: 20_000 }, (_, i): Access => [`/p${i % 10_000}`, i, 4096, i]);
    expect(read(Buffer.concat(all.map(line)))).toEqual(all);
  });

  it('may be empty', () => {
    expect(read('')).toEqual([]);
  });

  it.each([
    ['/a,1,2\n', 'line 1 (byte 0): 3 of the fields path,ino,offset,length, separated by commas: "/a,1,2"'],
    ['/a,1,2,3\n\n', 'line 2 (byte 9): 1 of the fields path,ino,offset,length, separated by commas: ""'],
    ['/a,1,2,3\n/b,1,x,3\n', 'line 2 (byte 9): offset is not a decimal number: "/b,1,x,3"'],
    ['/a,1,2,3\r\n', 'line 1 (byte 0): length is not a decimal number: "/a,1,2,3\\r"'],
    ['/a,,2,3\n', 'line 1 (byte 0): ino is not a decimal number: "/a,,2,3"'],
    ['/a,1,-4096,3\n', 'line 1 (byte 0): offset is negative: "/a,1,-4096,3"'],
    ['/a,1,0x10,3\n', 'line 1 (byte 0): offset is not a decimal number: "/a,1,0x10,3"'],
    ['/a,1,2,9007199254740992\n', 'line 1 (byte 0): length is above 2^53 - 1: "/a,1,2,9007199254740992"'],
    [
      '/a,18446744073709551615,2,3\n',
      'line 1 (byte 0): ino is above 2^53 - 1: "/a,18446744073709551615,2,3"',
    ],
    [
      '/a,1,00000000000000002,3\n',
      'line 1 (byte 0): offset has more than 16 digits: "/a,1,00000000000000002,3"',
    ],
    [
      '/a,1,9007199254740991,1\n',
      'line 1 (byte 0): offset + length, 9007199254740991 + 1, is above 2^53 - 1',
    ],
    [',1,2,3\n', 'line 1 (byte 0): the path is empty: ",1,2,3"'],
    ['etc/passwd,1,2,3\n', 'line 1 (byte 0): the path is not absolute: "etc/passwd,1,2,3"'],
    ['/a/../b,1,2,3\n', 'line 1 (byte 0): the path has a component "..": "/a/../b,1,2,3"'],
    ['/a\0,1,2,3\n', 'line 1 (byte 0): the path has a NUL byte: "/a\\u0000,1,2,3"'],
    ['/a,1,2,3\n/b,1,2', 'line 2 (byte 9): the last line is cut off: "/b,1,2"'],
    ['/a,1,2,3', 'line 1 (byte 0): the last line is cut off: "/a,1,2,3"'],
    [
      `/a,1,2,3\n/${'b'.repeat(8192)},1,2,3\n`,
      'line 2 (byte 9): the line is longer than 8192 bytes; this is no trace',
    ],
  ])('is refused with the place: %j', (text, message) => {
    expect(errorOf(text)).toBe(`t.txt, ${message}`);
    // Not a byte of it needs to come together with another.
    expect(errorOf(...Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)))).toBe(
      `t.txt, ${message}`,
    );
  });

  it('stops at garbage at once, and holds no more than a line of it', () => {
    let pushed = 0;
    const reader = new TextTraceReader('t.txt', { file: () => {}, access: () => {} });
    expect(() => {
      for (; pushed < 1000; pushed++) reader.push(new Uint8Array(4096).fill(0x61));
    }).toThrow(/longer than 8192 bytes/);
    expect(pushed).toBe(2);
  });
});
