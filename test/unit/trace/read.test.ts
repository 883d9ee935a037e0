import { execa } from 'execa';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readStartTrace, type StartTraceOptions } from '../../../trio/trace/read.ts';
import { traceFolder } from '../../support/trace-folder.ts';
import { StreamWriter } from '../../support/trace-writer.ts';

const file = traceFolder();

/** What a sink gets, a line each. */
async function read(paths: string | string[], options?: StartTraceOptions) {
  const got: string[] = [];
  const summary = await readStartTrace(
    paths,
    {
      file: (path: string) => path,
      access: (path, ino, offset, length) => got.push(`${path} ${ino} ${offset}+${length}`),
      name: (path, exists) => got.push(`${path} ${exists ? 'is' : 'is not'}`),
    },
    options,
  );
  return { got, summary };
}

const errorOf = async (...paths: string[]) =>
  read(paths).then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.message.replaceAll(file.path(), '') : ''),
  );

const regular = 0o100755;
const a = { ino: 7, dev: 1, inode_bytes: 10_000 };

describe('a start from a text trace', () => {
  it('has its lines, also from zstd and from several files', async () => {
    const one = await file('one.txt', '/a,1,0,4096\n/b,c,2,4096,8192\n');
    const two = await file('two.zst', zstdCompressSync('/a,1,4096,4096\n'));
    const { got, summary } = await read([one, two]);
    expect(got).toEqual(['/a 1 0+4096', '/b,c 2 4096+8192', '/a 1 4096+4096']);
    expect(summary).toMatchObject({ format: 'text', records: 3, accesses: 3, warnings: [] });
  });

  it('may be empty', async () => {
    expect(await read(await file('empty', ''))).toMatchObject({ got: [], summary: { format: 'text' } });
  });
});

describe('a start from a rich trace', () => {
  it('has the pages that were touched, to the end of the file', async () => {
    const writer = new StreamWriter()
      .add('OPEN', { ...a, path: '/a', mode: regular })
      .add('READ', { ...a, pos: 0, count: 1 })
      .add('READ', { ...a, pos: 4095, count: 2 })
      .add('READ', { ...a, pos: 8192, count: 2n ** 63n })
      .add('READ', { ...a, pos: 10_000, count: 100 })
      .add('SPLICE', { ...a, pos: 5000, count: 4096 })
      .add('FAULT', { ...a, index: 1 })
      .add('FAULT', { ...a, index: 2, flags: 1 })
      .add('FAULT', { ...a, index: 2, flags: 0x20 })
      .add('FAULT', { ...a, index: 3 })
      .add('READ_PAGE', { ino: 7, dev: 1, index: 2 });
    const { got, summary } = await read(await file('pages', writer.bytes()));
    expect(got).toEqual([
      '/a is',
      '/a 7 0+4096',
      '/a 7 0+8192',
      '/a 7 8192+1808',
      '/a 7 4096+5904',
      '/a 7 4096+4096',
      '/a 7 8192+1808',
      '/a 7 8192+1808',
    ]);
    expect(summary).toMatchObject({
      format: 'rich',
      accesses: 7,
      names: 1,
      untaken: { unnamed: 0, notRegular: 0, pastEnd: 2, retriedFaults: 1 },
      kernelRelease: '6.12.0-test',
      warnings: [],
    });
  });

  it('counts in the pages of the header', async () => {
    const writer = new StreamWriter({ page_bytes: 16384, fault_around_bytes: 16384 })
      .add('OPEN', { ino: 7, path: '/a' })
      .add('FAULT', { ino: 7, inode_bytes: 99_999, index: 1 });
    expect((await read(await file('large', writer.bytes()))).got).toEqual(['/a is', '/a 7 16384+16384']);
  });

  it('names inodes by the first path of any record, also of a later one', async () => {
    const writer = new StreamWriter()
      .add('OPEN', { ...a, flags: 4, path: '/not/by/name' })
      .add('READ', { ...a, count: 1 })
      .add('READ_PAGE', { ino: 8, dev: 1, index: 0 })
      .add('READ', { ...a, dev: 2, count: 1 })
      .add('STAT', { ...a, path: '/first', mode: regular })
      .add('STAT', { ...a, path: '/second', mode: regular })
      .add('LOOKUP', { ino: 8, dev: 1, inode_bytes: 5, path: '/small' })
      .add('LOOKUP', { path: '/gone' })
      .add('EXEC', { ...a, flags: 2 });
    const { got, summary } = await read(await file('names', writer.bytes()));
    expect(got).toEqual([
      '/first 7 0+4096',
      '/small 8 0+5',
      '/first is',
      '/second is',
      '/small is',
      '/gone is not',
    ]);
    expect(summary).toMatchObject({
      names: 4,
      untaken: { unnamed: 1, unnamedInodes: 1 },
      warnings: ['1 accesses to 1 inodes that no record gives a path'],
    });
  });

  it('leaves out what is no regular file', async () => {
    const writer = new StreamWriter()
      .add('READLINK', { ino: 9, inode_bytes: 6, mode: 0o120777, path: '/link' })
      .add('READ_PAGE', { ino: 9, index: 0 });
    const { got, summary } = await read(await file('link', writer.bytes()));
    expect(got).toEqual(['/link is']);
    expect(summary.untaken.notRegular).toBe(1);
  });

  it('comes from the streams of all CPUs, plain or zstd, one by one or as a folder', async () => {
    const cpu0 = new StreamWriter().add('READ', { ...a, time_ns: 20, count: 1 });
    const cpu1 = new StreamWriter({ cpu: 1 }).add('OPEN', { ...a, time_ns: 10, path: '/a' });
    const paths = [
      await file('cpus/0.zst', zstdCompressSync(cpu0.bytes())),
      await file('cpus/1', cpu1.bytes()),
    ];
    const expected = ['/a is', '/a 7 0+4096'];
    expect((await read(paths)).got).toEqual(expected);
    expect((await read(paths.toReversed())).got).toEqual(expected);
    expect((await read(join(file.path(), 'cpus'))).got).toEqual(expected);
  });

  it('warns of what may be missing', async () => {
    const writer = new StreamWriter({ fault_around_bytes: 65536 }).add('EXIT', { seq: 3 });
    expect((await read(await file('lossy', writer.bytes()))).summary).toMatchObject({
      lostRecords: 2,
      warnings: [
        "2 records were lost: the kernel's buffer was full",
        'recorded with fault_around_bytes=65536: pages mapped around a fault are not in it; record with 4096',
      ],
    });
  });

  it('can be only that of some types of access', async () => {
    const writer = new StreamWriter()
      .add('OPEN', { ...a, path: '/a' })
      .add('READ', { ...a, count: 1 })
      .add('FAULT', { ...a, index: 1 });
    const path = await file('types', writer.bytes());
    expect((await read(path, { accessTypes: new Set(['FAULT']) })).got).toEqual(['/a is', '/a 7 4096+4096']);
  });
});

describe('a trace that cannot be read', () => {
  it('says which file and why', async () => {
    const rich = new StreamWriter().add('EXIT').bytes();
    const zst = zstdCompressSync(Buffer.alloc(100_000, rich));
    await mkdir(join(file.path(), 'nothing'));
    await mkdir(join(file.path(), 'folder/in'), { recursive: true });
    await file('text', '/a,1,2,3\n');
    await file('rich', rich);
    await file('twice.zst', Buffer.concat([zst, zst]));
    await file('spoilt.zst', Buffer.concat([zst.subarray(0, 4), Buffer.alloc(50, 0xff)]));
    expect(await errorOf(join(file.path(), 'none'))).toBe('/none: there is no such file');
    expect(await errorOf(join(file.path(), 'nothing'))).toBe('/nothing is a folder without a file');
    expect(await errorOf(join(file.path(), 'text'), join(file.path(), 'rich'))).toBe(
      '/text is a text trace, /rich a rich one: they are not of one trace',
    );
    expect(await errorOf(join(file.path(), 'spoilt.zst'))).toMatch(
      /^\/spoilt\.zst: its zstd is damaged after 0 bytes/,
    );
    expect(await errorOf(await file('cut', rich.subarray(0, 20)))).toBe(
      '/cut, record 0, at byte 0: the stream does not begin with a header (TRIOTRV1): this is no trace of rio_tracker',
    );
    expect(await errorOf()).toBe('no file of a trace was named');
    const text = await file(
      'two.zst',
      Buffer.concat([zstdCompressSync('/a,1,2,3\n'), zstdCompressSync('/')]),
    );
    expect(await errorOf(text)).toMatch(/^\/two\.zst: \d+ bytes follow its zstd frame; it must be one frame/);
  });

  it('is one whose zstd is cut off, wherever that is', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `/file${i * i},${i},0,4096\n`).join('');
    for (const checksum of [0, 1]) {
      const params = { [constants.ZSTD_c_checksumFlag]: checksum };
      const whole = zstdCompressSync(lines, { params });
      expect((await read(await file('whole.zst', whole))).got).toHaveLength(300);
      for (let bytes = 4; bytes < whole.length; bytes += bytes > whole.length - 12 ? 1 : 97)
        expect(await errorOf(await file('cut.zst', whole.subarray(0, bytes)))).toMatch(
          /^\/cut\.zst: its zstd is (cut off, at byte|damaged after) \d+/,
        );
    }
  });

  it('is a rich one from a pipe, for it is read twice', async () => {
    const pipe = join(file.path(), 'pipe');
    await execa('mkfifo', [pipe]);
    const [error] = await Promise.all([errorOf(pipe), writeFile(pipe, new StreamWriter().bytes())]);
    expect(error).toBe('/pipe is no regular file, and a rich trace is read twice');
  });
});
