import { execa } from 'execa';
import { createWriteStream } from 'node:fs';
import { readFile, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { traceFolder } from '../support/trace-folder.ts';
import { StreamWriter } from '../support/trace-writer.ts';

const program = join(import.meta.dirname, '../../trio/cli/trio.ts');
const trio = (...args: string[]) => execa(process.execPath, [program, 'trace', ...args], { reject: false });
const file = traceFolder();

let text: string;
let rich: string;
beforeAll(async () => {
  text = await file('in/text', '/a,1,0,4096\n/b/c,2,4096,8192\n/a,1,0,4096\n');
  const a = { ino: 1, inode_bytes: 5000 };
  rich = await file(
    'in/rich.zst',
    zstdCompressSync(
      new StreamWriter()
        .add('OPEN', { ...a, path: '/a', mode: 0o100644 })
        .add('READ', { ...a, count: 10 })
        .add('FAULT', { ...a, index: 1 })
        .add('STAT', { ino: 3, path: '/n\n', mode: 0o100644 })
        .add('READ', { ino: 3, inode_bytes: 1, count: 1 })
        .bytes(),
    ),
  );
});

describe('trio trace', () => {
  it('counts', async () => {
    const json = await trio('stat', rich, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ format: 'rich', files: 2, neededBytes: 5001 });
    expect((await trio('stat', text)).stdout).toBe(
      [
        'format              text',
        'records             3',
        'files               2',
        'needed              12 288 bytes, 3 pages of 4096',
      ].join('\n'),
    );
  });

  it('filters either format to text', async () => {
    expect((await trio('filter', text, '--under', '/b')).stdout).toBe('/b/c,2,4096,8192');
    const filtered = await trio('filter', '--to', 'text', rich);
    expect(filtered).toMatchObject({
      exitCode: 0,
      stdout: '/a,1,0,4096\n/a,1,4096,904',
      stderr:
        'trio: warning: 1 accesses left out: their path has a line break, which a text trace cannot hold',
    });
    expect((await trio('filter', '--to', 'text', rich, '--type', 'fault')).stdout).toBe('/a,1,4096,904');
    const json = await trio('filter', '--json', rich, '--path', '/n*');
    expect(json.stdout).toBe('{"path":"/n\\n","ino":3,"offsetBytes":0,"lengthBytes":1}');
  });

  it('writes a file whole or not, and may replace what it reads', async () => {
    const own = await file('own/text', '/a,1,0,1\n/b,1,0,1\n');
    expect(await trio('filter', own, '--out', own, '--path', '/b')).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
    expect(await readFile(own, 'utf8')).toBe('/b,1,0,1\n');
    const bad = await file('own/bad', '/a,1,0,1\nx\n');
    expect(await trio('filter', bad, '--out', join(file.path(), 'own/out'))).toMatchObject({ exitCode: 1 });
    expect(await readdir(dirname(own))).toEqual(['bad', 'text']);
    const nowhere = await trio('filter', own, '--out', '/no/such/folder/out');
    expect(nowhere).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^trio: cannot write \/no/) as string,
    });
    // A device is written to, not replaced.
    expect(await trio('filter', own, '--out', '/dev/null')).toMatchObject({ exitCode: 0 });
  });

  it('merges and compares', async () => {
    expect((await trio('merge', text, rich)).stdout).toBe('/a,1,0,4096\n/b/c,2,4096,8192\n/a,1,4096,904');
    expect((await trio('merge', '--intersection', text, rich)).stdout).toBe('/a,1,0,4096');
    expect(await trio('diff', text, text)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const different = await trio('diff', text, rich);
    expect(different).toMatchObject({
      exitCode: 1,
      stdout: '< /b/c 4096+8192\n> /a 4096+904\n> "/n\\n" 0+1',
      stderr: `trio: 2 pages in 1 files only in ${text}, 2 pages in 2 files only in ${rich}`,
    });
    expect(JSON.parse((await trio('diff', text, rich, '--json')).stdout)).toMatchObject({
      same: false,
      onlyInA: { bytes: 8192 },
    });
  });

  it('dumps', async () => {
    const { stdout } = await trio('dump', rich, '--type', 'OPEN,read');
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type, path, ino }) => [type, path, ino])).toEqual([
      ['OPEN', '/a', 1],
      ['READ', undefined, 1],
      ['READ', undefined, 3],
    ]);
  });

  it.each([
    [['stat']],
    [['filter', 'RICH']],
    [['filter', 'TEXT', '--type', 'READ']],
    [['filter', 'TEXT', '--type', 'NONSENSE']],
    [['filter', 'TEXT', '--path', 'relative']],
    [['diff', 'TEXT']],
    [['nonsense']],
  ])('exits 2 for %j, without a stack', async (args) => {
    const result = await trio(...args.map((arg) => (arg === 'RICH' ? rich : arg === 'TEXT' ? text : arg)));
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it.each([['stat'], ['filter'], ['merge'], ['diff'], ['dump']])(
    'helps with an example: %s',
    async (name) => {
      expect(await trio(name, '--help')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(new RegExp(`Example:\n +\\$ trio trace ${name} `)) as string,
      });
      const missing = await trio(name, '/no/such', ...(name === 'diff' ? ['/no/such'] : []));
      expect(missing).toMatchObject({ exitCode: 1, stderr: 'trio: /no/such: there is no such file' });
    },
  );
});

describe('garbage of a gigabyte', () => {
  it('is refused at once, in little memory', async () => {
    const sparse = join(file.path(), 'sparse');
    const stream = createWriteStream(sparse, { start: (1 << 30) - 1 });
    await new Promise<void>((done) => stream.end('x', () => done()));
    // A text trace that begins right, and never ends a line.
    const begun = await file('begun', '/a,1,0,1\n');
    await symlink('/dev/zero', join(file.path(), 'zeros'));
    for (const path of [sparse, join(file.path(), 'zeros')])
      expect(await trio('stat', path)).toMatchObject({
        exitCode: 1,
        stderr: `trio: ${path}, line 1 (byte 0): the line is longer than 8192 bytes; this is no trace`,
        durationMs: expect.toSatisfy((ms: number) => ms < 10_000) as number,
      });
    expect(await trio('stat', begun, sparse)).toMatchObject({ exitCode: 1 });
    // 1 GB of zeros in a few kB.
    const bomb = await file(
      'bomb.zst',
      zstdCompressSync(Buffer.concat([Buffer.from('/a,1,0,1\n'), Buffer.alloc(1 << 28)])),
    );
    expect((await trio('stat', bomb)).stderr).toMatch(/line 2 \(byte 9\): the line is longer/);
  });
});
