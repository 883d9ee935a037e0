import { execa } from 'execa';
import { mkdir, mkdtemp, open, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../../trio/cli/trio.ts');
const trio = (...args: string[]) => execa(process.execPath, [program, 'image', ...args], { reject: false });

let work: string;
const at = (name: string) => join(work, name);
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'image-cli-'));
  await mkdir(at('root/etc'), { recursive: true });
  await writeFile(at('root/etc/config'), 'hello');
  await symlink('loop', at('root/loop'));
  await writeFile(at('trace.txt'), '/etc/config,7,0,4096\n/none,8,0,4096\n');
});
afterAll(() => rm(work, { recursive: true, force: true }));

const input = (out: string, trace = 'trace.txt') => [
  ...['--trace', at(trace)],
  ...['--rootfs', at('root')],
  ...['--out', at(out)],
];

describe('trio image', () => {
  it('builds, inspects and verifies', async () => {
    const built = await trio('build', ...input('out'), '--json');
    expect(JSON.parse(built.stdout)).toMatchObject({
      neededBytes: 4096,
      files: 1,
      dropped: [{ reason: 'missing', example: '/none' }],
    });
    expect((await readdir(at('out'))).sort()).toEqual(['trio_data', 'trio_meta']);
    const inspected = await trio('inspect', at('out'), '--names');
    expect(inspected.stdout).toMatch(/0 100644 \d+:\d+ 5 1 "\/etc\/config"\n0 missing "\/none"$/);
    expect(JSON.parse((await trio('verify', at('out'), '--json')).stdout)).toMatchObject({
      ok: true,
      pages: 1,
    });
  });

  it('exports the published pair', async () => {
    const { stdout } = await trio('export', '--format', 'openeuler', ...input('pair'), '--json');
    const pair = JSON.parse(stdout) as { metaName: string; dataName: string };
    expect(pair).toMatchObject({ files: 1, ranges: 1, dataBytes: 4096 });
    expect((await readdir(at('pair'))).sort()).toEqual([pair.metaName, pair.dataName].sort());
  });

  it('says in one line, with the place, what is wrong, and exits 1', async () => {
    await trio('build', ...input('bad'));
    const file = await open(at('bad/trio_data'), 'r+');
    await file.write('j', 0);
    await file.close();
    const damaged = await trio('verify', at('bad'));
    expect(damaged).toMatchObject({ exitCode: 1, stdout: '' });
    expect(damaged.stderr).toMatch(
      /^trio: \S+trio_data: at byte 0: \/etc\/config, 1 pages from page 0: damaged .*$/,
    );

    await truncate(at('bad/trio_meta'), 0);
    await truncate(at('bad/trio_meta'), 1 << 30);
    for (const command of ['inspect', 'verify'])
      expect(await trio(command, at('bad'))).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^trio: \S+trio_meta: at byte 0: this is no metadata .*$/) as string,
      });
  });

  it.each([
    ['/loop/x,1,0,4096\n', /^trio: .*goes through more than 40 symlinks$/],
    ['/etc/../etc/config,1,0,4096\n', /^trio: .*"?\.\."?.*$/],
    ['/none,1,0,4096\n', /^trio: the trace gives an empty runtime image: .*\/none\)$/],
  ])('leaves nothing when the trace is %j', async (trace, message) => {
    await writeFile(at('bad.txt'), trace);
    const result = await trio('build', ...input('nothing', 'bad.txt'));
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
    await expect(readdir(at('nothing'))).rejects.toThrow('ENOENT');
  });

  it.each([
    [['build']],
    [['build', '--trace', 'x', '--out', 'y']],
    [['build', '--trace', 'x', '--out', 'y', '--rootfs', 'a', '--image', 'oci:b']],
    [['build', '--trace', 'x', '--out', 'y', '--rootfs', 'a', '--order', 'random']],
    [['export', '--trace', 'x', '--out', 'y', '--rootfs', 'a', '--format', 'other']],
    [['verify']],
  ])('exits 2 for %j, without a stack', async (args) => {
    const result = await trio(...args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});
