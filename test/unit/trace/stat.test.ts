import { describe, expect, it } from 'vitest';
import { dumpTrace } from '../../../trio/trace/dump.ts';
import { fields, recordType, type RecordTypeName } from '../../../trio/trace/records.ts';
import { statTrace } from '../../../trio/trace/stat.ts';
import { traceFolder } from '../../support/trace-folder.ts';
import { record, StreamWriter } from '../../support/trace-writer.ts';

const file = traceFolder();

describe('the statistics of a trace', () => {
  it('count what a rich one holds', async () => {
    const a = { ino: 7, inode_bytes: 10_000, tgid: 1, tid: 1 };
    const writer = new StreamWriter()
      .add('OPEN', { ...a, time_ns: 1000, path: '/a', mode: 0o100644 })
      .add('READ', { ...a, count: 5000 })
      .add('FAULT', { ...a, tid: 2, index: 1 })
      .add('FAULT', { ...a, tid: 2, index: 2 })
      .add('FAULT', { ...a, tid: 2, index: 2, flags: 0x20 })
      .add('STAT', { tgid: 3, tid: 3, path: '/none' })
      .add('LOOKUP', { tgid: 3, tid: 3, path: '/none' })
      .raw(record('EXIT', { type: 999, seq: 8, time_ns: 1500 }))
      .add('EXIT', { time_ns: 3000, tgid: 3, tid: 3, seq: 11 });
    expect(await statTrace(await file('rich', writer.bytes()))).toEqual({
      schema: 'trio.trace-stat/1',
      format: 'rich',
      records: 9,
      lostRecords: 2,
      unknownRecords: 1,
      events: { OPEN: 1, READ: 1, FAULT: 3, LOOKUP: 1, STAT: 1, EXIT: 1, 'type 999': 1 },
      accesses: 3,
      names: 3,
      files: 1,
      neededBytes: 10_000,
      neededPages: 3,
      existingNames: 1,
      missingNames: 1,
      threads: 4,
      processes: 3,
      firstNs: 1000,
      spanNs: 2000,
      untaken: { unnamed: 0, unnamedInodes: 0, notRegular: 0, pastEnd: 0, retriedFaults: 1 },
      pageBytes: 4096,
      faultAroundBytes: 4096,
      kernelRelease: '6.12.0-test',
      warnings: ["2 records were lost: the kernel's buffer was full"],
    });
  });

  it('count each byte of a text one once', async () => {
    const path = await file('text', '/a,1,0,8192\n/a,1,4096,8192\n/b,2,0,100\n/b,2,200,100\n');
    expect(await statTrace(path)).toMatchObject({
      format: 'text',
      records: 4,
      files: 2,
      neededBytes: 12_288 + 200,
      neededPages: 4,
      events: {},
      firstNs: undefined,
      spanNs: undefined,
    });
  });
});

describe('a dump', () => {
  it('has every record with all its fields', async () => {
    const types = (Object.keys(recordType) as RecordTypeName[]).filter((type) => type !== 'HEADER');
    const writer = new StreamWriter({ cpu: 1 });
    for (const type of types) writer.add(type);
    const lines: Readonly<Record<string, unknown>>[] = [];
    await dumpTrace(await file('all', writer.bytes()), (line) => lines.push(line));
    expect(lines.map(({ type }) => type)).toEqual(['HEADER', ...types]);
    for (const line of lines.slice(1)) {
      const own = Object.keys(fields[line['type'] as RecordTypeName]).filter(
        (name) => !/^(path|text)/.test(name),
      );
      expect(Object.keys(line)).toEqual(
        expect.arrayContaining(['time_ns', 'cpu', 'seq', 'tgid', 'tid', ...own]),
      );
    }
  });

  it('is readable', async () => {
    const writer = new StreamWriter()
      .add('OPEN', {
        ...{
          time_ns: 5,
          tgid: 2,
          tid: 3,
          file: 0xffff_8881_0000_1000n,
          ino: 7,
          inode_bytes: 9,
          ra_prev_pos: -1,
        },
        ...{ dev: (8 << 20) | 1, flags: 2, mode: 0o100755, path: '/bin/sh' },
      })
      .add('INSERT', { time_ns: 6, ino: 2n ** 60n, index: 1, dev: 1, order: 2 })
      .raw(record('EXIT', { type: 999, seq: 3, time_ns: 7, tid: 4 }));
    const lines: unknown[] = [];
    const summary = await dumpTrace(await file('few', writer.bytes()), (line) => lines.push(line));
    expect(summary).toMatchObject({ records: 3, unknownRecords: 1 });
    expect(lines.slice(1)).toEqual([
      {
        ...{ time_ns: 5, cpu: 0, seq: 1, type: 'OPEN', tgid: 2, tid: 3 },
        ...{ file: 0, ino: 7, inode_bytes: 9, dev: '8:1', f_mode: '0x0', io_pages: 0 },
        ...{ ra_prev_pos: -1, ra_start: 0, ra_size: 0, ra_async_size: 0, ra_pages: 0, ra_mmap_miss: 0 },
        ...{ bdi_ra_pages: 0, flags: '0x2', mode: '0100755', nlink: 0, fs_magic: '0x0', path: '/bin/sh' },
      },
      {
        ...{ time_ns: 6, cpu: 0, seq: 2, type: 'INSERT', tgid: 0, tid: 0 },
        ...{ ino: '1152921504606846976', index: 1, dev: '0:1', order: 2 },
      },
      { time_ns: 7, cpu: 0, seq: 3, type: 999, tgid: 0, tid: 4, size: 24 },
    ]);
  });

  it('is not made of a text trace', async () => {
    const text = await file('text', '/a,1,2,3\n');
    await expect(dumpTrace(text, () => {})).rejects.toThrow(
      `${text} is a text trace: it can be read as it is`,
    );
  });
});
