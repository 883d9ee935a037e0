import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TrioError } from '../../../trio/errors.ts';
import { recordType, typeName, type RecordTypeName } from '../../../trio/trace/records.ts';
import { decodeRecords, type TraceVisitor } from '../../../trio/trace/rich-trace.ts';
import { record, StreamWriter } from '../../support/trace-writer.ts';

const decode = (visitor: TraceVisitor, ...streams: (StreamWriter | Uint8Array)[]) =>
  decodeRecords(
    streams.map((stream, i) => ({
      name: `cpu${i}`,
      chunks: [stream instanceof Uint8Array ? stream : stream.bytes()],
    })),
    visitor,
  );

const errorOf = async (...streams: (StreamWriter | Uint8Array)[]): Promise<string> => {
  try {
    await decode({ open: ({ path }) => path, name: ({ path }) => path, read: ({ ino }) => ino }, ...streams);
  } catch (error) {
    if (error instanceof TrioError && error.exitCode === 1) return error.message;
    throw error;
  }
  return 'none';
};

/** All getters of a view, by name. */
function values(view: object): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (let at = view; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (name !== 'raw' && name !== 'window' && (property.get || typeof property.value === 'number'))
        found[name] = (view as Record<string, unknown>)[name];
  return found;
}

/** The one record of a type as the visitor's method sees it. */
async function seen(type: RecordTypeName, method: keyof TraceVisitor, members: Parameters<typeof record>[1]) {
  const all: Record<string, unknown>[] = [];
  await decode(
    { [method]: (view: object) => all.push(values(view)) },
    new StreamWriter({ cpu: 3 }).add(type, { time_ns: 77, tgid: 10, tid: 11, ...members }),
  );
  expect(all).toHaveLength(1);
  return all[0];
}

// Every number differs, so that no two fields can be mixed up; the high half is set where there is one.
const G = 2 ** 33;
const fileMembers = {
  file: 0xffff_8881_0000_1000n,
  ino: G + 1,
  inode_bytes: G + 2,
  ra_prev_pos: -1,
  ra_start: G + 3,
  ra_size: 4,
  ra_async_size: 5,
  ra_pages: 6,
  ra_mmap_miss: 7,
  dev: 8,
  f_mode: 9,
  io_pages: 10,
};
const base = { timeNs: 77, cpu: 3, seq: 1, tgid: 10, tid: 11 };
const fileValues = {
  ...base,
  fileId: 0,
  ino: G + 1,
  inodeBytes: G + 2,
  raPrevPosBytes: -1,
  raStartPage: G + 3,
  raSizePages: 4,
  raAsyncPages: 5,
  raPages: 6,
  raMmapMiss: 7,
  dev: 8,
  fMode: 9,
  ioPages: 10,
};
const pathMembers = { ino: G + 1, inode_bytes: G + 2, dev: 3, mode: 4, nlink: 5, flags: 2, path: '/ä,b' };
const pathValues = {
  ...base,
  ino: G + 1,
  inodeBytes: G + 2,
  dev: 3,
  mode: 4,
  nlink: 5,
  flags: 2,
  path: '/ä,b',
};

describe('a record of the rich trace', () => {
  it.each([
    ['MARK', 'mark', { text: 'ready' }, { ...base, text: 'ready' }],
    [
      'OPEN',
      'open',
      { ...fileMembers, bdi_ra_pages: 20, flags: 21, mode: 22, nlink: 23, fs_magic: 0xe0f5e1e2, path: '/a' },
      { ...fileValues, bdiRaPages: 20, flags: 21, mode: 22, nlink: 23, fsMagic: 0xe0f5e1e2, path: '/a' },
    ],
    [
      'READ',
      'read',
      { ...fileMembers, pos: G + 20, count: G + 21, ki_flags: 22 },
      { ...fileValues, posBytes: G + 20, countBytes: G + 21, kiFlags: 22 },
    ],
    [
      'SPLICE',
      'splice',
      { ...fileMembers, pos: G + 20, count: 2n ** 64n - 1n, pipe_slots_free: 22 },
      { ...fileValues, posBytes: G + 20, countBytes: Number.MAX_SAFE_INTEGER, pipeSlotsFree: 22 },
    ],
    [
      'FAULT',
      'fault',
      {
        ...fileMembers,
        index: G + 20,
        mm: 21,
        address: 0x7fff_ffff_f000n,
        vm_start: 0x7fff_0000_0000n,
        vm_end: 0xffff_ffff_ffff_f000n,
        vm_pgoff: G + 22,
        vm_flags: 2n ** 40n + 0x20018000n,
        flags: 0x21,
      },
      {
        ...fileValues,
        mmId: 0,
        index: G + 20,
        addressPage: 0x7fff_ffff_f,
        vmStartPage: 0x7fff_0000_0,
        vmEndPage: 2 ** 52 - 1,
        vmPgoff: G + 22,
        vmFlags: 0x20018000,
        flags: 0x21,
      },
    ],
    [
      'MAP_PAGES',
      'mapPages',
      { ...fileMembers, first: G + 20, last: G + 21, mm: 22, address: 0x7000n },
      { ...fileValues, mmId: 0, firstIndex: G + 20, lastIndex: G + 21, addressPage: 7 },
    ],
    [
      'ADVISE',
      'advise',
      { ...fileMembers, pos: -20, count: G + 21, advice: -3 },
      { ...fileValues, posBytes: -20, countBytes: G + 21, advice: -3 },
    ],
    [
      'READ_PAGE',
      'readPage',
      { ino: G + 1, index: G + 2, dev: 3 },
      { ...base, ino: G + 1, index: G + 2, dev: 3 },
    ],
    [
      'WRITE',
      'write',
      { ...fileMembers, pos: G + 20, count: G + 21 },
      { ...fileValues, posBytes: G + 20, countBytes: G + 21 },
    ],
    ['LOOKUP', 'name', pathMembers, pathValues],
    ['STAT', 'name', pathMembers, pathValues],
    ['READLINK', 'name', pathMembers, pathValues],
    ['READDIR', 'name', pathMembers, pathValues],
    ['EXEC', 'name', pathMembers, pathValues],
    ['FORK', 'fork', { child_tgid: 20, child_tid: 21 }, { ...base, childTgid: 20, childTid: 21 }],
    ['EXIT', 'exit', {}, base],
    ['SWITCH', 'switch', { next_tid: 20, prev_state: 21 }, { ...base, nextTid: 20, prevState: 21 }],
    ['WAKE', 'wake', { woken_tid: 20, in_interrupt: 1 }, { ...base, wokenTid: 20, inInterrupt: true }],
    [
      'UNMAP',
      'unmap',
      { mm: 20, start: 0x5000, end: 2n ** 64n - 1n },
      { ...base, mmId: 0, startPage: 5, endPage: 2 ** 52 - 1 },
    ],
    [
      'COPY_MM',
      'copyMm',
      { from_mm: 20, to_mm: 21, start: 0x5000, end: 0x6000, has_anon: 1 },
      { ...base, fromMmId: 0, toMmId: 1, startPage: 5, endPage: 6, hasAnon: true },
    ],
    [
      'INSERT',
      'insert',
      { ino: G + 1, index: G + 2, dev: 3, order: 4 },
      { ...base, ino: G + 1, index: G + 2, dev: 3, order: 4 },
    ],
    [
      'DELETE',
      'delete',
      { ino: G + 1, index: G + 2, dev: 3, order: 4 },
      { ...base, ino: G + 1, index: G + 2, dev: 3, order: 4 },
    ],
  ] as const)('%s has the fields of the C header', async (type, method, members, expected) => {
    const view = await seen(type, method, members);
    expect(view).toEqual({ ...expected, type: recordType[type], sizeBytes: view?.['sizeBytes'] });
  });

  it('may be longer than what is known of it, or of an unknown type', async () => {
    const longer = new Uint8Array(56);
    longer.set(record('READ_PAGE', { ino: 5, size: 56, seq: 1 }));
    const unknown = record('EXIT', { type: 999, seq: 2 });
    const inos: number[] = [];
    const summary = await decode(
      { readPage: ({ ino }) => inos.push(ino) },
      new StreamWriter().raw(longer).raw(unknown).add('READ_PAGE', { ino: 6 }),
    );
    expect(inos).toEqual([5, 6]);
    expect(summary).toMatchObject({ records: 3, unknownRecords: 1, lostRecords: 0 });
  });

  it('names open files and address spaces by small numbers; each open is a new file', async () => {
    const ids: string[] = [];
    // These differ only below what a double has of them.
    const [a, b] = [0xffff_8881_0000_1000n, 0xffff_8881_0000_1008n];
    await decode(
      {
        open: ({ fileId }) => ids.push(`open ${fileId}`),
        read: ({ fileId }) => ids.push(`read ${fileId}`),
        fault: ({ fileId, mmId }) => ids.push(`fault ${fileId} in ${mmId}`),
      },
      new StreamWriter()
        .add('READ', { file: a })
        .add('READ', { file: b })
        .add('OPEN', { file: a })
        .add('READ', { file: a })
        .add('READ', { file: b })
        .add('FAULT', { file: a, mm: a })
        .add('FAULT', { file: 0x1000, mm: b }),
    );
    expect(ids).toEqual(['read 0', 'read 1', 'open 2', 'read 2', 'read 1', 'fault 2 in 0', 'fault 3 in 1']);
  });
});

describe('the streams of a rich trace', () => {
  it('are merged by time, then CPU, then number', async () => {
    const event = fc.record({ waitNs: fc.nat({ max: 2 }), tid: fc.nat() });
    const stream = fc.array(event, { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(stream, { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 40 }),
        async (all, cut) => {
          const expected: { timeNs: number; cpu: number; seq: number; tid: number }[] = [];
          const sources = all.map((events, i) => {
            // Streams are not given in the order of their CPUs.
            const cpu = all.length - i;
            const writer = new StreamWriter({ cpu });
            let timeNs = 0;
            for (const [seq, { waitNs, tid }] of events.entries()) {
              timeNs += waitNs;
              writer.add('EXIT', { time_ns: timeNs, tid });
              expected.push({ timeNs, cpu, seq: seq + 1, tid });
            }
            const bytes = writer.bytes();
            const at = Math.min(bytes.length, cut * 8);
            return { name: `cpu${cpu}`, chunks: [bytes.subarray(0, at), bytes.subarray(at)] };
          });
          expected.sort((x, y) => x.timeNs - y.timeNs || x.cpu - y.cpu || x.seq - y.seq);
          const seenOrder: typeof expected = [];
          const summary = await decodeRecords(sources, {
            exit: ({ timeNs, cpu, seq, tid }) => seenOrder.push({ timeNs, cpu, seq, tid }),
          });
          expect(seenOrder).toEqual(expected);
          expect(summary).toMatchObject({ records: expected.length, lostRecords: 0, timeWentBack: 0 });
        },
      ),
    );
  });

  it('are read byte by byte as in one piece', async () => {
    const bytes = new StreamWriter()
      .add('OPEN', { path: '/bin/sh', ino: 7 })
      .add('READ', { ino: 7, count: 9 })
      .bytes();
    const inos: number[] = [];
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    await decodeRecords([{ name: 'x', chunks }], { each: (view) => inos.push(view.type) });
    expect(inos.map(typeName)).toEqual(['OPEN', 'READ']);
  });

  it('say how many records are lost, also across the wrap of their number', async () => {
    const summary = await decode(
      {},
      new StreamWriter().add('EXIT').add('EXIT', { seq: 5 }),
      new StreamWriter({ cpu: 1 }),
    );
    expect(summary).toMatchObject({ records: 2, lostRecords: 3 });
    const far = new StreamWriter();
    for (const seq of [0x7000_0000, 0xe000_0000, 0xffff_ffff, 1]) far.add('EXIT', { seq });
    expect(await decode({}, far)).toMatchObject({ records: 4, lostRecords: 0x1_0000_0000 - 3 });
  });

  it('keep their own order where the clock goes back, and say so', async () => {
    const seqs: number[] = [];
    const first = new StreamWriter().add('EXIT', { time_ns: 10 }).add('EXIT', { time_ns: 8 });
    const second = new StreamWriter({ cpu: 1 }).add('WAKE', { time_ns: 9 }).add('WAKE', { time_ns: 11 });
    const summary = await decode({ each: ({ cpu, timeNs }) => seqs.push(cpu * 100 + timeNs) }, first, second);
    expect(seqs).toEqual([109, 10, 8, 111]);
    expect(summary.timeWentBack).toBe(1);
  });

  it('tell what their headers say', async () => {
    const { headers } = await decode(
      {},
      new StreamWriter({ cpu: 2, page_bytes: 16384, fault_around_bytes: 65536 }),
    );
    const header = { source: 'cpu0', cpu: 2, pageBytes: 16384, faultAroundBytes: 65536 };
    expect(headers).toEqual([{ ...header, kernelRelease: '6.12.0-test' }]);
  });
});

describe('a damaged rich trace', () => {
  const good = () => new StreamWriter().add('OPEN', { path: '/a', ino: 1 }).add('READ', { ino: 1 });
  const patched = (at: number, ...bytes: number[]) => {
    const copy = good().bytes();
    copy.set(bytes, at);
    return copy;
  };
  // The OPEN begins at byte 112, the READ at 112 + 128.
  it.each([
    [
      'nothing',
      new Uint8Array(0),
      'cpu0, record 0, at byte 0: the stream does not begin with a header (TRIOTRV1): this is no trace of rio_tracker',
    ],
    [
      'a wrong magic',
      patched(24, 0x55),
      'cpu0, record 0, at byte 0: the stream does not begin with a header (TRIOTRV1): this is no trace of rio_tracker',
    ],
    [
      'another version',
      new StreamWriter({ version: 2 }),
      'cpu0 is a trace of version 2; only version 1 can be read',
    ],
    ['odd pages', new StreamWriter({ page_bytes: 5000 }), 'cpu0, record 0, at byte 0: pages of 5000 bytes'],
    [
      'a header cut short',
      good().bytes().subarray(0, 60),
      'cpu0, record 0, at byte 0: the stream ends within a record, 60 bytes after its begin',
    ],
    [
      'a record cut short',
      good().bytes().subarray(0, 250),
      'cpu0, record 2, at byte 240: the stream ends within a record, 10 bytes after its begin',
    ],
    [
      'a record without size',
      patched(114, 0, 0),
      'cpu0, record 1, at byte 112: a record of 0 bytes; the stream is damaged',
    ],
    [
      'an odd size',
      patched(114, 129),
      'cpu0, record 1, at byte 112: a record of 129 bytes; the stream is damaged',
    ],
    [
      'a size that is too small',
      patched(114, 64),
      'cpu0, record 1, at byte 112: a record of type 16 has 64 bytes instead of at least 120',
    ],
    ['a number twice', patched(244, 1), "cpu0, record 1, at byte 240: the record's number is not above 1"],
    [
      'a time beyond 2^53',
      patched(112 + 15, 1),
      'cpu0, record 1, at byte 112: time_ns is 72057594037927937, beyond 2^53 - 1',
    ],
    [
      'an inode beyond 2^53',
      patched(240 + 39, 0x80),
      'cpu0, record 2, at byte 240: ino is 9223372036854775809, beyond 2^53 - 1',
    ],
    [
      'a path that is too long',
      patched(112 + 118, 9),
      'cpu0, record 1, at byte 112: its path of 9 bytes does not fit into its 128 bytes',
    ],
    ['a relative path', patched(112 + 120, 0x61), 'cpu0, record 1, at byte 112: the path is not absolute'],
    [
      'a second header',
      good().add('HEADER'),
      'cpu0, record 3, at byte 360: a second header: give the streams of several CPUs as a file each',
    ],
    [
      'a release without an end',
      new StreamWriter({ kernel_release: 'x'.repeat(64) }),
      'cpu0, record 0, at byte 0: the kernel release has no end',
    ],
  ])('is refused with the place: %s', async (_, stream, message) => {
    expect(await errorOf(stream)).toBe(message);
  });

  it('is refused if its streams are of two traces', async () => {
    expect(await errorOf(good(), good())).toBe('cpu1 and cpu0 are not of one trace: both are of CPU 0');
    expect(await errorOf(good(), new StreamWriter({ cpu: 1, kernel_release: '6.1' }))).toBe(
      'cpu1 and cpu0 are not of one trace: kernel 6.1 and 6.12.0-test',
    );
    expect(await errorOf(good(), new StreamWriter({ cpu: 1, page_bytes: 8192 }))).toBe(
      'cpu1 and cpu0 are not of one trace: pages of 8192 and of 4096 bytes',
    );
  });

  it('never ends in anything but an error of the trace, whatever bit is wrong', async () => {
    const bytes = good().bytes();
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length * 8 - 1 }),
        fc.nat({ max: bytes.length }),
        async (bit, cut) => {
          const copy = Uint8Array.from(bytes);
          const at = bit >> 3;
          copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
          // errorOf throws what is no TrioError.
          expect(await errorOf(copy)).toEqual(expect.any(String));
          expect(await errorOf(copy.subarray(0, cut))).toEqual(expect.any(String));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the decoder', () => {
  it('runs in a browser: nothing that it imports is of Node.js', () => {
    const folder = join(import.meta.dirname, '../../../trio/trace');
    const importsOf = (path: string) =>
      [...readFileSync(path, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
    const reached = new Set([join(folder, 'rich-trace.ts'), join(folder, 'text-trace.ts')]);
    const foreign: string[] = [];
    for (const path of reached)
      for (const name of importsOf(path)) {
        if (name.startsWith('.')) reached.add(join(path, '..', name));
        else foreign.push(`${path}: ${name}`);
      }
    expect(foreign).toEqual([]);
    expect(reached.size).toBeGreaterThan(6);
    // Others of the folder do import it: the search can find something.
    expect(readdirSync(folder).flatMap((name) => importsOf(join(folder, name)))).toContain('node:zlib');
  });
});
