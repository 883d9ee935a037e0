import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A member of a struct: a number, an array of them (`count`), or a text up to the record's end (`count` 0). */
export interface Member {
  readonly name: string;
  readonly type: 'char' | 'u16' | 'u32' | 's32' | 'u64' | 's64';
  readonly offset: number;
  /** Of an array; 1 for a plain number. */
  readonly count: number;
}

export interface Struct {
  readonly sizeBytes: number;
  /** Flat: the members of a struct within are members of this one. */
  readonly members: readonly Member[];
}

/** What kernel/include/trio_trace.h declares. */
export interface TraceHeader {
  readonly enums: ReadonlyMap<string, number>;
  readonly defines: ReadonlyMap<string, bigint>;
  readonly structs: ReadonlyMap<string, Struct>;
}

export const traceHeaderText = readFileSync(
  join(import.meta.dirname, '../../kernel/include/trio_trace.h'),
  'utf8',
);

const bytesOf = { char: 1, u16: 2, u32: 4, s32: 4, u64: 8, s64: 8 };

/**
 * Reads the header as a C compiler for x86-64 lays it out: each member on a multiple of its size, a struct as large as
 * a multiple of its largest member. Anything that it does not understand is an error, so that nothing goes unchecked.
 */
export function parseTraceHeader(text: string): TraceHeader {
  const code = text.replaceAll(/\/\*.*?\*\//gs, '');
  const defines = new Map(
    [...code.matchAll(/^#define (\w+) (0x[0-9a-fA-F]+|\d+)[uULl]*\s*$/gm)].map(
      ([, name = '', value = '']) => [name, BigInt(value)],
    ),
  );
  const enums = new Map<string, number>();
  for (const [, body = ''] of code.matchAll(/^enum \w+ \{(.*?)^\};/gms))
    for (const item of body
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)) {
      const [, name, value] = /^(\w+) = (\d+)$/.exec(item) ?? [];
      if (name === undefined) throw new Error(`not understood in an enum: ${item}`);
      enums.set(name, Number(value));
    }
  const structs = new Map<string, Struct>();
  for (const [, name = '', body = ''] of code.matchAll(/^struct (\w+) \{(.*?)^\};/gms))
    structs.set(name, parseStruct(body, structs));
  return { enums, defines, structs };
}

function parseStruct(body: string, known: ReadonlyMap<string, Struct>): Struct {
  const members: Member[] = [];
  let end = 0;
  let align = 1;
  for (const line of body
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [, inner, type = '', name = '', array] =
      /^(?:struct (\w+)|__(u16|u32|s32|u64|s64)|char) (\w+)(?:\[(\d*)\])?$/.exec(line) ?? [];
    if (name === '') throw new Error(`not understood in a struct: ${line}`);
    if (inner !== undefined) {
      const struct = known.get(inner);
      if (!struct) throw new Error(`struct ${inner} is not declared`);
      end = roundUp(end, 8); // all structs within have a u64
      members.push(...struct.members.map((member) => ({ ...member, offset: member.offset + end })));
      end += struct.sizeBytes;
      align = 8;
      continue;
    }
    const plain = (type || 'char') as Member['type'];
    const count = array === undefined ? 1 : Number(array);
    end = roundUp(end, bytesOf[plain]);
    members.push({ name, type: plain, offset: end, count });
    end += bytesOf[plain] * count;
    align = Math.max(align, bytesOf[plain]);
  }
  return { sizeBytes: roundUp(end, align), members };
}

function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}
