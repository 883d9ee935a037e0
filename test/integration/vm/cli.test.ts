import { execa } from 'execa';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeLayout } from '../../unit/images/make-layout.ts';

const cli = (name: string) => join(import.meta.dirname, `../../../vm/cli/${name}.ts`);

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'trio-cli-'))));
afterEach(() => rm(dir, { recursive: true }));

/** Runs a command with an empty cache; anything it built would be seen there. */
async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const cache = join(dir, 'cache');
  const result = await execa(process.execPath, [cli(command), ...args], {
    cwd: dir,
    env: { TRIO_CACHE: cache, ...env },
    reject: false,
  });
  const built = (await readdir(cache, { recursive: true }).catch(() => [])).filter(
    (name) => !name.endsWith('.lock'),
  );
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr, built };
}

/** Files of a build, beside the folders that the entries would stand in. */
const files = (built: readonly string[]) => built.filter((name) => name.includes('/'));

describe('usage errors: one message, exit code 2, nothing built', () => {
  it.each([
    ['e2e', ['--workload', 'ngnix'], 'unknown workload "ngnix". Did you mean nginx?'],
    ['e2e', ['--workload', 'nginx,'], 'empty workload name'],
    ['e2e', ['--systems', 'full,crsf'], 'unknown system "crsf". Did you mean crfs?'],
    ['e2e', ['--guest', 'debian-11'], 'unknown guest "debian-11". Did you mean debian-1'],
    ['e2e', ['--net', 'lan2g'], 'network profile "lan2g": unknown name'],
    ['e2e', ['--out', join(import.meta.filename, 'x')], 'cannot write to the folder'],
    ['e2e', ['--samples', '0'], '--samples takes a whole number from 1 to 1000, not "0"'],
    ['e2e', ['--limit', 'soon'], '--limit takes a whole number'],
    ['e2e', ['--frobnicate'], "unknown option '--frobnicate'"],
    ['e2e', ['--ready', 'tcp:1'], '--cmd and --ready go with --image'],
    ['e2e', ['--image', 'oci:nowhere:tag'], '--image needs --ready'],
    ['e2e', ['--image', 'oci:nowhere:tag', '--ready', 'tpc:1'], 'readiness "tpc:1"'],
    ['e2e', ['--image', 'nowhere', '--ready', 'tcp:1'], 'there is no nowhere'],
    ['e2e', ['--image', 'x', '--workload', 'nginx', '--ready', 'tcp:1'], 'exclude each other'],
    ['build', ['--guest', 'fedora'], 'unknown guest "fedora". Known: debian-13, debian-12'],
    ['shell', ['--workload', 'nope'], 'unknown workload "nope"'],
    ['calibrate', ['--parts', 'cpu', '--fit'], "'--fit' cannot be used with option '--parts"],
    ['calibrate', ['--parts', 'gpu'], 'unknown part "gpu"'],
    ['golden', ['record', '--golden', import.meta.filename], 'is no folder'],
    ['golden', ['check', '--golden', 'nowhere'], 'nowhere is no folder'],
  ])('%s %j', async (command, args, message) => {
    const { exitCode, stderr, stdout, built } = await run(command, args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack
    expect({ exitCode, stdout, built }).toEqual({ exitCode: 2, stdout: '', built: [] });
  });
});

describe('a calibration that is there', () => {
  const recorded = join(import.meta.dirname, '../../../golden/debian-12/calibration.json');

  it('is fitted again without a guest', async () => {
    const before = JSON.parse(await readFile(recorded, 'utf8')) as Record<string, unknown>;
    const file = join(dir, 'calibration.json');
    await writeFile(file, JSON.stringify({ ...before, parameters: [] }));
    const { exitCode, stderr, built } = await run('calibrate', ['--fit', '--out', file]);
    expect({ exitCode, stderr, built }).toEqual({ exitCode: 0, stderr: '', built: [] });
    expect(await readFile(file, 'utf8')).toBe(await readFile(recorded, 'utf8'));
  });

  it('must be one', async () => {
    const file = join(dir, 'calibration.json');
    await writeFile(file, '{}');
    const { exitCode, stderr } = await run('calibrate', ['--fit', '--out', file]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('has no calibration') as string,
    });
    expect(await readFile(file, 'utf8')).toBe('{}');
  });
});

describe('help', () => {
  it.each(['build', 'e2e', 'shell'])('of %s has an example', async (command) => {
    const { exitCode, stdout } = await run(command, ['--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Example:\n  npm run vm:');
  });
});

describe('images that are none', () => {
  const ready = ['--ready', 'tcp:1'];

  it('a folder without an OCI layout', async () => {
    const { exitCode, stderr, built } = await run('e2e', ['--image', `oci:${dir}:tag`, ...ready]);
    expect(stderr).toContain(dir);
    expect(stderr).toMatch(/layout/i);
    expect([exitCode === 1 || exitCode === 2, built]).toEqual([true, []]);
  });

  it('a truncated layer', async () => {
    const layout = await makeLayout([['gzip', 'content']]);
    const layer = layout.layers[0]?.digest ?? '';
    await truncate(layout.blob(layer), 10);
    const { exitCode, stderr, built } = await run('e2e', ['--image', `oci:${layout.folder}:app`, ...ready]);
    expect(stderr).toContain(`layer ${layer} is truncated`);
    expect({ exitCode, built }).toEqual({ exitCode: 1, built: [] });
  });
});

describe('a host that lacks something', () => {
  it('QEMU', async () => {
    const { exitCode, stderr, built } = await run('e2e', [], { TRIO_QEMU: '/nowhere/qemu' });
    expect(stderr).toContain('TRIO_QEMU names /nowhere/qemu, which is not there');
    expect({ exitCode, built }).toEqual({ exitCode: 1, built: [] });
  });

  it('mmdebstrap', async () => {
    const { exitCode, stderr, built } = await run('e2e', [], { TRIO_MMDEBSTRAP: '/nowhere/mmdebstrap' });
    expect(stderr).toContain('TRIO_MMDEBSTRAP names /nowhere/mmdebstrap, which is not there');
    expect({ exitCode, files: files(built) }).toEqual({ exitCode: 1, files: [] });
  });

  it('disk space', async () => {
    // A real full disk: a small tmpfs in a mount namespace of our own, filled by what stands in for mmdebstrap.
    const filler = join(dir, 'filler');
    await writeFile(
      filler,
      '#!/bin/sh\nfor last; do case $last in */root.tar) out=$last;; esac; done\ncat /dev/zero > "$out"\n',
      {
        mode: 0o755,
      },
    );
    const script =
      'mkdir -p "$TRIO_CACHE" && mount -t tmpfs -o size=8m tmpfs "$TRIO_CACHE" && "$@"; code=$?; find "$TRIO_CACHE" -type f ! -name "*.lock"; exit $code';
    const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
    const result = await execa(
      'unshare',
      [...namespaces, 'sh', '-c', script, 'sh', process.execPath, cli('e2e')],
      { cwd: dir, env: { TRIO_CACHE: join(dir, 'small'), TRIO_MMDEBSTRAP: filler }, reject: false },
    );
    expect(result.stderr).toContain(`no space left for the cache in ${join(dir, 'small')}`);
    expect({ exitCode: result.exitCode, left: result.stdout }).toEqual({ exitCode: 1, left: '' });
  });
});
