import { describe, expect, it } from 'vitest';
import { parseMessages } from '../../../vm/qemu/messages.ts';

const progress = '{"type":"progress","text":"preparing"}';

describe('messages of a guest', () => {
  it('are read line by line, without an unfinished last line', () => {
    expect(parseMessages(`${progress}\n{"type":"end"}\n{"type":"pro`)).toEqual([
      { type: 'progress', text: 'preparing' },
      { type: 'end' },
    ]);
    expect(parseMessages('')).toEqual([]);
  });

  it.each([
    [`${progress}\n[    1.0] kernel noise\n`, 'guest message 2 is no JSON: [    1.0] kernel noise'],
    ['{"type":"surprise"}\n', 'guest message 1'],
    ['{"type":"progress","text":1}\n', 'guest message 1'],
    ['{"type":"end","more":true}\n', 'guest message 1'],
    ['{"type":"measured","measured":{"deployNs":-1}}\n', 'guest message 1'],
  ])('are refused when they are %j', (text, why) => {
    expect(() => parseMessages(text)).toThrow(why);
  });
});
