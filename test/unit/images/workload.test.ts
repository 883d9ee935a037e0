import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldOutFolder, listWorkloads, loadWorkload } from '../../../vm/images/workload.ts';

const good = {
  name: 'web',
  description: 'a server',
  packages: ['nginx-light'],
  command: ['nginx'],
  readiness: 'http:80/',
};

describe('the workloads of the testbed', () => {
  it('are the six that results are recorded for', async () => {
    expect(await listWorkloads()).toEqual(['nginx', 'node', 'python', 'pytorch', 'redis', 'tomcat']);
  });

  it.each(['nginx', 'node', 'python', 'pytorch', 'redis', 'tomcat'])('%s is valid', async (name) => {
    expect(await loadWorkload(name)).toMatchObject({ name });
  });

  it.each(['apache', 'gcc', 'ruby'])('%s is valid, and held out', async (name) => {
    expect(await loadWorkload(name)).toMatchObject({ name });
    expect(await listWorkloads(heldOutFolder)).toContain(name);
  });
});

describe('loadWorkload', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'workloads-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, content: unknown) => {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(
      join(folder, name, 'workload.json'),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  };
  const error = (name: string) => loadWorkload(name, [folder]).catch((reason: unknown) => reason);

  it('fills in what may be left out', async () => {
    await write('web', good);
    expect(await loadWorkload('web', [folder])).toMatchObject({
      env: {},
      npm: [],
      readiness: { kind: 'http', port: 80, path: '/' },
      folder: join(folder, 'web'),
    });
  });

  it('names the nearest and all workloads for an unknown one', async () => {
    await write('web', good);
    expect(await error('wep')).toMatchObject({ code: 'UNKNOWN_WORKLOAD', exitCode: 2 });
    expect(await error('wep')).toHaveProperty(
      'message',
      expect.stringMatching(/Did you mean web\? Known: .*web/),
    );
    expect(await error('something-else')).toHaveProperty(
      'message',
      expect.not.stringContaining('Did you mean'),
    );
    expect(await error('../web')).toMatchObject({ code: 'UNKNOWN_WORKLOAD' });
  });

  it.each([
    ['no JSON', '{', /cannot read .*workload\.json/],
    ['a missing field', { ...good, command: undefined }, /command/],
    ['an empty command', { ...good, command: [] }, /command/],
    ['an unknown field', { ...good, ports: [80] }, /ports/],
    ['a package that is an option', { ...good, packages: ['--force'] }, /not a Debian package name/],
    ['a wrong readiness', { ...good, readiness: 'tcp:x' }, /readiness "tcp:x"/],
    ['a wrong variable', { ...good, env: { 'A-B': '' } }, /env/],
    ['a name that is not its folder', { ...good, name: 'other' }, /the folder is "bad"/],
  ])('refuses %s', async (_what, content, message) => {
    await write('bad', content);
    expect(await error('bad')).toMatchObject({ code: 'BAD_WORKLOAD' });
    expect(await error('bad')).toHaveProperty('message', expect.stringMatching(message));
  });
});
