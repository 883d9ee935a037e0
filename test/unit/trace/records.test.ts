import { describe, expect, it } from 'vitest';
import * as records from '../../../trio/trace/records.ts';
import { parseTraceHeader, traceHeaderText, type TraceHeader } from '../../support/trace-header.ts';
import { structOf } from '../../support/trace-writer.ts';

/** Everything in which records.ts and a header differ, as text. */
function differences(header: TraceHeader): string[] {
  const ours = new Map<string, unknown>();
  const theirs = new Map<string, unknown>();
  for (const [name, type] of Object.entries(records.recordType)) ours.set(`enum ${name}`, type);
  for (const [name, value] of header.enums) theirs.set(`enum ${name.replace('TRIO_TRACE_', '')}`, value);
  for (const [name, value] of Object.entries(records.traceFlag)) ours.set(`flag ${name}`, BigInt(value));
  ours.set('flag MAGIC', records.traceMagic);
  ours.set('flag VERSION', BigInt(records.traceVersion));
  for (const [name, value] of header.defines) theirs.set(`flag ${name.replace('TRIO_TRACE_', '')}`, value);

  const recordStruct = header.structs.get('trio_trace_record');
  ours.set('record size', records.recordBytes);
  theirs.set('record size', recordStruct?.sizeBytes);
  const describeFields = (of: string, all: object, into: Map<string, unknown>) => {
    for (const [name, field] of Object.entries(all) as [string, { offset: number; type?: string }][])
      into.set(`${of}.${name}`, `${field.type ?? 'char'} at ${field.offset}`);
  };
  describeFields('record', records.record, ours);
  const used = new Set(['trio_trace_record', 'trio_trace_file']);
  for (const { name, type, offset } of recordStruct?.members ?? [])
    theirs.set(`record.${name}`, `${type} at ${offset}`);
  for (const [type, structName] of Object.entries(structOf) as [records.RecordTypeName, string][]) {
    const struct = header.structs.get(structName);
    used.add(structName);
    ours.set(`${type} size`, records.minBytes[type]);
    theirs.set(`${type} size`, struct?.sizeBytes);
    describeFields(type, records.fields[type], ours);
    for (const member of struct?.members ?? [])
      if (member.name !== 'reserved' && member.offset >= records.recordBytes)
        theirs.set(`${type}.${member.name}`, `${member.type} at ${member.offset}`);
  }
  for (const name of header.structs.keys())
    if (!used.has(name)) theirs.set(`struct ${name}`, 'unknown to us');

  const keys = [...new Set([...ours.keys(), ...theirs.keys()])];
  return keys
    .filter((key) => ours.get(key) !== theirs.get(key))
    .map((key) => `${key}: ${String(ours.get(key))}, header ${String(theirs.get(key))}`);
}

describe('the layout of records', () => {
  it('is that of kernel/include/trio_trace.h', () => {
    expect(differences(parseTraceHeader(traceHeaderText))).toEqual([]);
  });

  it.each([
    ['a changed magic', '0x315652544f495254', '0x325652544f495254'],
    ['another version', 'VERSION 1', 'VERSION 2'],
    ['a changed type', 'TRIO_TRACE_WAKE = 51', 'TRIO_TRACE_WAKE = 52'],
    ['a new type', 'TRIO_TRACE_INSERT = 80', 'TRIO_TRACE_NEW = 79, TRIO_TRACE_INSERT = 80'],
    ['a changed flag', 'TRIO_TRACE_NO_PATH 4u', 'TRIO_TRACE_NO_PATH 8u'],
    [
      'a new flag',
      '#define TRIO_TRACE_NO_PATH 4u',
      '#define TRIO_TRACE_NO_PATH 4u\n#define TRIO_TRACE_NEW 8u',
    ],
    [
      'two fields swapped',
      '__u64 first; /* pages of the file, both included */\n\t__u64 last;',
      '__u64 last;\n\t__u64 first;',
    ],
    ['another width', '__u32 order;', '__u16 order;'],
    ['another sign', '__s32 advice;', '__u32 advice;'],
    ['a field less', '\t__u64 count;\n};\n\n/*\n * LOOKUP', '};\n\n/*\n * LOOKUP'],
    ['a field more', '__u32 in_interrupt;', '__u32 in_interrupt;\n\t__u64 more;'],
    ['a field moved in all accesses', '__u64 inode_bytes; /* i_size */', '__u64 more;\n\t__u64 inode_bytes;'],
    ['a new struct', '#endif', 'struct trio_trace_new {\n\t__u64 more;\n};\n#endif'],
  ])('would not be that of a header with %s', (_, from, to) => {
    expect(traceHeaderText).toContain(from);
    expect(differences(parseTraceHeader(traceHeaderText.replace(from, to)))).not.toEqual([]);
  });
});
