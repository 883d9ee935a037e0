import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathBytes, pathFault, pathText } from '../../../trio/trace/path-text.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('the text of a path', () => {
  it('gives back its bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect([...pathBytes(pathText(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it('is the UTF-8 text where the bytes are that', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(pathText(bytesOf(text))).toBe(text);
      }),
    );
  });

  it('keeps apart what a replacement character would make equal', () => {
    expect(pathText(Uint8Array.of(0x2f, 0xff))).not.toBe(pathText(Uint8Array.of(0x2f, 0xfe)));
    expect(pathText(Uint8Array.of(0x2f, 0xc3, 0xa4, 0xff))).toBe('/ä\udcff');
  });
});

describe('a path of a container', () => {
  it.each(['/', '/a', '/a/b.c', '/...', '/a/..b/.c', '/a,b', '/with space', `/${'x'.repeat(4094)}`])(
    'may be %s',
    (path) => {
      expect(pathFault(bytesOf(path))).toBeUndefined();
    },
  );

  it.each([
    ['', 'the path is empty'],
    ['a/b', 'the path is not absolute'],
    ['./a', 'the path is not absolute'],
    ['/a/../b', 'the path has a component ".."'],
    ['/..', 'the path has a component ".."'],
    ['/./a', 'the path has a component "."'],
    ['/a/.', 'the path has a component "."'],
    ['/a//b', 'the path has an empty component'],
    ['/a/', 'the path has an empty component'],
    ['//', 'the path has an empty component'],
    ['/a\0b', 'the path has a NUL byte'],
    [`/${'x'.repeat(4095)}`, 'the path is longer than 4095 bytes'],
  ])('is not %j', (path, fault) => {
    expect(pathFault(bytesOf(path))).toBe(fault);
  });
});
