import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTraces } from '../../../trio/trace/diff.ts';
import { mergeTraces } from '../../../trio/trace/merge.ts';
import { textLine } from '../../../trio/trace/text-line.ts';
import { traceFolder } from '../../support/trace-folder.ts';
import { StreamWriter } from '../../support/trace-writer.ts';

type Access = [path: string, ino: number, offset: number, length: number];
const file = traceFolder();
const text = (run: readonly Access[]) => run.map((access) => textLine(...access)).join('');

async function merge(how: 'union' | 'intersection', ...runs: string[]): Promise<string> {
  const lines: string[] = [];
  const warnings = await mergeTraces(runs, how, (...range) => lines.push(textLine(...range) ?? ''));
  return [...lines, ...warnings].join('');
}

const access = fc.tuple(
  fc.constantFrom('/a', '/b', '/c,c'),
  fc.nat({ max: 3 }),
  fc.nat({ max: 12 }),
  fc.nat({ max: 6 }),
);
const run = fc.array(access, { maxLength: 8 });
const bytesOf = (accesses: readonly Access[]) =>
  accesses.flatMap(([path, , offset, length]) => Array.from({ length }, (_, i) => `${path}:${offset + i}`));
const parse = (lines: string) =>
  lines
    .split('\n')
    .filter(Boolean)
    .map((line): Access => {
      const [, path = '', ...numbers] = /^(.*),(\d+),(\d+),(\d+)$/.exec(line) ?? [];
      return [path, ...(numbers.map(Number) as [number, number, number])];
    });

describe('merged runs', () => {
  it('have each byte that one of them, or all, needed: once, in order of first use', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 3 }), async (runs) => {
        const paths = await Promise.all(runs.map((accesses, i) => file(`run${i}`, text(accesses))));
        const all = runs.map(bytesOf);
        // A Set keeps the order in which its members came.
        expect(bytesOf(parse(await merge('union', ...paths)))).toEqual([...new Set(all.flat())]);
        const common = [...new Set(all[0])].filter((byte) => all.every((bytes) => bytes.includes(byte)));
        expect(bytesOf(parse(await merge('intersection', ...paths)))).toEqual(common);
      }),
      { numRuns: 60 },
    );
  });

  it('may be of either format, and keep the first inode number of a path', async () => {
    const one = await file('one', '/a,1,4096,4096\n/b,2,0,4096\n');
    const two = await file(
      'two/cpu0',
      new StreamWriter()
        .add('OPEN', { ino: 9, path: '/a', mode: 0o100644 })
        .add('READ', { ino: 9, inode_bytes: 9000, count: 9000 })
        .bytes(),
    );
    expect(await merge('union', one, file.path() + '/two')).toBe(
      '/a,1,4096,4096\n/b,2,0,4096\n/a,1,0,4096\n/a,1,8192,808\n',
    );
    expect(await merge('intersection', two, one)).toBe('/a,9,4096,4096\n');
  });

  it('tell which run may lack something', async () => {
    const lossy = await file('lossy', new StreamWriter().add('EXIT', { seq: 2 }).bytes());
    const warning = `${lossy}: 1 records were lost: the kernel's buffer was full`;
    expect(await merge('union', lossy)).toBe(warning);
    expect(await merge('intersection', lossy)).toBe(warning);
  });
});

describe('the difference of two traces', () => {
  it('is what only one of them needed, by path', async () => {
    await fc.assert(
      fc.asyncProperty(run, run, async (a, b) => {
        const [inA, inB] = [new Set(bytesOf(a)), new Set(bytesOf(b))];
        const diff = await diffTraces(await file('a', text(a)), await file('b', text(b)));
        const bytes = ({ ranges }: typeof diff.onlyInA) =>
          ranges.flatMap(({ path, offsetBytes, lengthBytes }) =>
            bytesOf([[path, 0, offsetBytes, lengthBytes]]),
          );
        const onlyIn = (x: Set<string>, y: Set<string>) => [...x].filter((byte) => !y.has(byte)).sort();
        expect(bytes(diff.onlyInA).sort()).toEqual(onlyIn(inA, inB));
        expect(bytes(diff.onlyInB).sort()).toEqual(onlyIn(inB, inA));
        expect(diff.onlyInA.bytes).toBe(onlyIn(inA, inB).length);
        expect(diff.same).toBe(onlyIn(inA, inB).length + onlyIn(inB, inA).length === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('counts files and pages', async () => {
    const a = await file('a', '/z,1,0,8192\n/b,2,0,4096\n/b,2,8192,100\n');
    const b = await file('b', '/z,1,4096,4096\n');
    expect(await diffTraces(a, b)).toEqual({
      schema: 'trio.trace-diff/1',
      same: false,
      onlyInA: {
        files: 2,
        bytes: 8292,
        pages: 3,
        ranges: [
          { path: '/b', offsetBytes: 0, lengthBytes: 4096 },
          { path: '/b', offsetBytes: 8192, lengthBytes: 100 },
          { path: '/z', offsetBytes: 0, lengthBytes: 4096 },
        ],
      },
      onlyInB: { files: 0, bytes: 0, pages: 0, ranges: [] },
    });
  });
});
