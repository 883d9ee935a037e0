import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as layout from '../../../trio/image/layout.ts';

const header = await readFile(join(import.meta.dirname, '../../../kernel/include/trio_image.h'), 'utf8');
const code = header.replace(/\/\*.*?\*\//gs, '');

const types = {
  __le16: { bytes: 2, names: ['u16'] },
  __le32: { bytes: 4, names: ['u32'] },
  __le64: { bytes: 8, names: ['u64', 's64'] },
  'struct trio_image_section': { bytes: 16, names: [] },
} as const;

interface Field {
  name: string;
  offset: number;
  types: readonly string[];
}

/** A struct of the header with the offsets that a C compiler gives its fields. */
function parseStruct(name: string, source = code): { fields: Field[]; bytes: number } {
  const body = new RegExp(`struct trio_image_${name} \\{(.*?)\\};`, 's').exec(source)?.[1];
  if (body === undefined) throw new Error(`no struct trio_image_${name}`);
  const fields: Field[] = [];
  let offset = 0;
  let align = 1;
  for (const line of body.split(';').map((text) => text.trim())) {
    if (line === '') continue;
    const parts = /^(.*\S)\s+(\w+)(?:\[(\d+)\])?$/.exec(line);
    const [type = '', field = '', count = '1'] = parts?.slice(1) ?? [];
    const isDigest = type === '__u8' && count === '32';
    const known = isDigest ? { bytes: 1, names: ['digest'] } : types[type as keyof typeof types];
    if (!known) throw new Error(`unknown type in: ${line}`);
    const fieldAlign = Math.min(known.bytes, 8);
    offset = Math.ceil(offset / fieldAlign) * fieldAlign;
    fields.push({ name: field, offset, types: known.names });
    offset += known.bytes * Number(count);
    align = Math.max(align, fieldAlign);
  }
  return { fields, bytes: Math.ceil(offset / align) * align };
}

function define(name: string): number | bigint {
  const value = new RegExp(`#define TRIO_IMAGE_${name} (0x[0-9a-f]+|\\d+)(u|ULL)?\\b`).exec(code);
  if (!value?.[1]) throw new Error(`no #define TRIO_IMAGE_${name}`);
  return value[2] === 'ULL' ? BigInt(value[1]) : Number(value[1]);
}

const asParsed = (struct: layout.Struct<string>, base = 0) =>
  struct.fields.map(({ name, type }) => ({
    name,
    offset: base + (struct.at[name] ?? NaN),
    types: expect.arrayContaining([type]) as string[],
  }));

const { section, layer, inode, dentry, extent, xattr } = layout;
it.each(Object.entries({ section, layer, inode, dentry, extent, xattr }))(
  'lays out a %s as the C header does',
  (name, struct: layout.Struct<string>) => {
    expect(parseStruct(name)).toEqual({ fields: asParsed(struct), bytes: struct.bytes });
  },
);

it('lays out the header as the C header does', () => {
  const { fields, bytes } = parseStruct('header');
  const sections = fields.findIndex(({ name }) => name === 'sections');
  expect(fields.slice(0, sections)).toEqual(asParsed(layout.header));
  expect(fields[sections]?.offset).toBe(layout.header.bytes);
  const endAt = layout.headerBytes - layout.headerEnd.bytes;
  expect(fields.slice(sections + 1)).toEqual(asParsed(layout.headerEnd, endAt));
  expect(bytes).toBe(layout.headerBytes);
});

it('sees a field that moved, grew or was renamed', () => {
  const wanted = asParsed(inode);
  for (const [from, to] of [
    ['__le32 uid;\n\t__le32 gid;', '__le32 gid;\n\t__le32 uid;'],
    ['__le32 nlink;', '__le64 nlink;'],
    ['__le32 nlink;', '__le32 links;'],
  ] as const) {
    expect(code).toContain(from);
    expect(parseStruct('inode', code.replace(from, to)).fields).not.toEqual(wanted);
  }
});

it('has the sections in the order of the C header', () => {
  const ids = [...code.matchAll(/TRIO_IMAGE_(\w+) = (\d+)/g)].map((id) => [
    id[1]?.toLowerCase(),
    Number(id[2]),
  ]);
  expect(ids).toEqual([...layout.sectionNames, 'sections'].map((name, i) => [name, i]));
});

it('has the numbers of the C header', () => {
  expect(define('MAGIC')).toBe(layout.magic.readBigUInt64LE(0));
  const numbers = {
    VERSION: layout.version,
    FEATURE_SHARED_DATA: layout.feature.sharedData,
    FEATURES_KNOWN: layout.feature.known,
    PAGE_BYTES: layout.pageBytes,
    META_BYTES_MAX: layout.metaBytesMax,
    LAYERS_MAX: layout.layersMax,
    EXTENT_PAGES_MAX: layout.extentPagesMax,
    NAME_BYTES_MAX: layout.nameBytesMax,
    TARGET_BYTES_MAX: layout.targetBytesMax,
    XATTR_NAME_BYTES_MAX: layout.xattrNameBytesMax,
    XATTR_VALUE_BYTES_MAX: layout.xattrValueBytesMax,
    NO_INODE: layout.noInode,
    DIR_COMPLETE: layout.dirComplete,
  };
  const defined = [...code.matchAll(/#define TRIO_IMAGE_(\w+) /g)].map((match) => match[1] ?? '');
  expect(
    Object.fromEntries(defined.filter((name) => name !== 'MAGIC').map((name) => [name, define(name)])),
  ).toEqual(numbers);
});
