import { execa } from 'execa';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLayout, removeLayout, type FakeLayout } from '../../unit/images/make-layout.ts';

const program = join(import.meta.dirname, '../../../trio/cli/trio.ts');
const trio = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false });

let good: FakeLayout;
let bad: FakeLayout;
beforeAll(async () => {
  good = await makeLayout([['gzip', 'layer']]);
  bad = await makeLayout([['gzip', 'layer']]);
  await truncate(bad.blob(bad.layers[0]?.digest ?? ''), 3);
});
afterAll(() => Promise.all([good, bad].map(removeLayout)));

describe('trio', () => {
  it('inspects and verifies a right image', async () => {
    const inspected = await trio('oci', 'inspect', `oci:${good.folder}:app`, '--json');
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      tag: 'app',
      manifest: { digest: good.manifest.digest },
    });
    const verified = await trio('oci', 'verify', `oci:${good.folder}:app`, '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, layers: 1 });
    const forPeople = await trio('oci', 'inspect', `oci:${good.folder}`);
    expect(forPeople).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('["/bin/app"]') as string,
    });
  });

  it('says in one line what is wrong with an image, and exits 1', async () => {
    const result = await trio('oci', 'verify', `oci:${bad.folder}:app`);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^trio: layer sha256:[0-9a-f]{64} is truncated: 3 bytes, the manifest says \d+$/,
    );
    const missing = await trio('oci', 'inspect', 'oci:/no/such:tag');
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^trio: .*no such folder$/) as string,
    });
  });

  it.each([
    [['oci', 'verify']],
    [['oci', 'verify', 'dir']],
    [['oci', 'verify', 'a', 'b']],
    [['oci', 'inspect', '--nonsense', 'oci:x']],
    [['nonsense']],
    [[]],
  ])('exits 2 for %j, without a stack', async (args) => {
    const result = await trio(...args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it.each([[['--help']], [['oci', '--help']], [['oci', 'inspect', '--help']], [['oci', 'verify', '--help']]])(
    'helps with an example: %j',
    async (args) => {
      expect(await trio(...args)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/Example:\n +\$ trio oci/) as string,
      });
    },
  );
});
