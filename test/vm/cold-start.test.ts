import { execa } from 'execa';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { figuresSchema, type Figures, type Result } from '../../vm/e2e/figures.ts';
import { workloadImage, type BuiltImage } from '../../vm/images/index.ts';
import { silentProgress } from '../../vm/progress.ts';
import { requestSchema } from '../../vm/qemu/messages.ts';
import { processesNaming } from '../support/processes.ts';

let dir: string;
let nginx: BuiltImage;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-vm-test-'));
  nginx = await workloadImage('nginx', silentProgress);
});
afterAll(() => rm(dir, { recursive: true }));

function e2e(...args: string[]) {
  const cli = join(import.meta.dirname, '../../vm/cli/e2e.ts');
  return execa(process.execPath, [cli, '--json', ...args], { reject: false, env: { TMPDIR: dir } });
}

async function figuresOf(...args: string[]): Promise<Figures> {
  const { stdout, stderr, exitCode } = await e2e(...args);
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return figuresSchema.parse(JSON.parse(stdout));
}

/** QEMUs whose command line names our folder, and their sockets. */
async function leftBehind(): Promise<string[]> {
  const qemus = await processesNaming('qemu-system', dir);
  return [...qemus, ...(await readdir(dir)).filter((name) => name.startsWith('trio-'))];
}

describe('an image of your own, started twice at the same time', () => {
  const image = () => ['--image', `oci:${nginx.layout}:plain`, '--ready', 'http:80/'];
  let out: string;
  let stderr: string;
  let sampled: Result;
  let exact: Result;

  // One command after the other, as both write to one folder; the first also takes samples.
  beforeAll(async () => {
    out = join(dir, 'own');
    const args = [...image(), '--systems', 'crfs-lazy', '--out', out];
    const runs = await Promise.all([e2e(...args, '--samples', '2'), e2e(...args)]);
    stderr = runs.map((run) => run.stderr).join('');
    const results = runs.map((run) => {
      expect({ exitCode: run.exitCode, stderr: run.exitCode === 0 ? '' : run.stderr }).toEqual({
        exitCode: 0,
        stderr: '',
      });
      return figuresSchema.parse(JSON.parse(run.stdout)).results[0];
    });
    [sampled, exact] = results as [Result, Result];
  });

  it('has each wait for the other, and both agree', () => {
    expect(stderr).toContain('waiting: another run is writing to');
    expect(exact).toEqual({ ...sampled, samples: undefined });
  });

  it('has its requests logged', async () => {
    const log = await readFile(join(out, exact.workload, 'crfs-lazy/requests.ndjson'), 'utf8');
    const requests = log
      .trim()
      .split('\n')
      .map((line) => requestSchema.parse(JSON.parse(line)));
    const cold = requests.filter((request) => request.atNs <= exact.totalNs);
    expect(exact.registry).toEqual({
      requests: cold.length,
      bytes: cold.reduce((sum, request) => sum + request.bytes, 0),
    });
    expect(requests.some((request) => request.status === 206 && request.range.startsWith('bytes='))).toBe(
      true,
    );
    // What came over the wire is what the registry sent, and headers.
    expect(exact.net.rxBytes).toBeGreaterThan(exact.registry.bytes);
    expect(exact.net.rxBytes).toBeLessThan(1.2 * exact.registry.bytes);
    // Lazy: less than the image.
    expect(exact.registry.bytes).toBeLessThan(nginx.tags.estargz.totalBytes);
  });

  it('has samples that are perturbed, each differently, around the exact run', () => {
    const total = sampled.samples?.metrics.totalNs;
    expect(sampled.samples?.count).toBe(2);
    expect(total?.min).toBeLessThan(total?.max ?? 0);
    expect(total?.ci95[0]).toBeLessThan(total?.median ?? 0);
  });
});

describe('an image of your own', () => {
  it('that never gets ready is given up, with the reason', async () => {
    const image = ['--image', `oci:${nginx.layout}:plain`, '--ready', 'tcp:9', '--limit', '8'];
    const { exitCode, stdout, stderr } = await e2e(
      ...image,
      '--systems',
      'crfs-lazy',
      '--out',
      join(dir, 'never'),
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('not ready within 8 s of virtual time');
    expect(stderr).toContain('ECONNREFUSED');
    const log = /Full log: (.*)/.exec(stderr)?.[1] ?? '';
    await expect(readFile(log, 'utf8')).resolves.toContain('reboot: Power down');
    expect(await leftBehind()).toEqual([]);
  });

  it('that ends before it is ready says how', async () => {
    const image = ['--image', `oci:${nginx.layout}:plain`, '--cmd', 'false', '--ready', 'tcp:80'];
    const { exitCode, stderr } = await e2e(...image, '--systems', 'crfs-lazy', '--out', join(dir, 'ends'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('the container ended (status 1) before it was ready');
  });
});

describe('an interrupted run', () => {
  it('leaves no QEMU and no socket', async () => {
    const out = join(dir, 'interrupted');
    const child = e2e('--systems', 'crfs-lazy', '--out', out);
    await expect.poll(leftBehind, { timeout: 120_000 }).not.toEqual([]);
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
    expect(await leftBehind()).toEqual([]);
    expect((await readdir(out)).filter((name) => name !== '.lock' && name !== 'nginx')).toEqual([]);
  });
});

describe('the network', () => {
  it('bounds a full pull from below by its bandwidth', async () => {
    const { results } = await figuresOf('--systems', 'full', '--net', 'wan100m', '--out', join(dir, 'wan'));
    const { deployNs, net } = z
      .object({ deployNs: z.number(), net: z.object({ rxBytes: z.number() }) })
      .parse(results[0]);
    expect(net.rxBytes).toBeGreaterThan(nginx.tags.plain.totalBytes);
    expect(deployNs).toBeGreaterThan((nginx.tags.plain.totalBytes * 8 * 1e9) / 100e6);
  });
});
