import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampledMetrics, type Figures } from '../../../vm/e2e/figures.ts';
import { spread } from '../../../vm/e2e/samples.ts';
import { comparePart, recordedSamples, type Comparison } from '../../../vm/record/compare.ts';
import type { ErofsSummary } from '../../../vm/record/summary.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trio-compare-'));
});
afterEach(() => rm(dir, { recursive: true }));

const digest = `sha256:${'0'.repeat(64)}`;

function figures(change: { kernel?: string; requests?: number; totalNs?: number } = {}): Figures {
  const { kernel = '6.12', requests = 100, totalNs = 3e9 } = change;
  return {
    schema: 'trio.e2e/1',
    environment: {
      guest: 'debian-13',
      kernel,
      packageManifestSha256: '',
      guestDiskSha256: '',
      images: { nginx: { plain: digest, estargz: digest } },
      machine: { qemu: '10.0', cpu: 'max', icount: 'shift=0', ramBytes: 1 },
      net: { profile: 'lan10g', rttNs: 200_000, rateBps: 1e10, lossRatio: 0 },
    },
    results: [
      {
        workload: 'nginx',
        system: 'full',
        deployNs: totalNs,
        runningNs: 0,
        readyNs: 0,
        totalNs,
        warm: { runningNs: 1, readyNs: 1 },
        net: { profile: 'lan10g', rxBytes: 1, txBytes: 1, rxPackets: 1, txPackets: 1 },
        registry: { requests, bytes: 1000 },
        neededBytes: 4096,
        amplification: 1,
        disk: { writeBytes: 1 },
        memory: { pageCacheBytes: 1, daemonRssBytes: 1 },
      },
    ],
  };
}

/** One recording: figures, and a log that is kept compressed. */
async function recording(content: unknown, log: string, level: number): Promise<string> {
  const folder = await mkdtemp(join(dir, 'recording-'));
  await writeFile(join(folder, 'figures-lan10g.json'), JSON.stringify(content));
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  await writeFile(join(folder, 'log.zst'), zstdCompressSync(log, { params }));
  return folder;
}

async function compared(
  golden: Figures,
  fresh: Figures,
  logs: readonly [string, string],
): Promise<Comparison> {
  const before = await recording(golden, logs[0], 1);
  const now = await recording(fresh, logs[1], 19);
  return comparePart('lan10g', before, now, ['figures-lan10g.json', 'log.zst']);
}

it('is identical when every file is, however well it was compressed', async () => {
  expect(await compared(figures(), figures(), ['a'.repeat(5000), 'a'.repeat(5000)])).toMatchObject({
    verdict: 'identical',
    files: [],
  });
});

it('is different when a byte is, in the same environment', async () => {
  expect(await compared(figures(), figures({ requests: 101 }), ['a', 'b'])).toMatchObject({
    verdict: 'different',
    files: ['figures-lan10g.json', 'log.zst'],
    values: ['results.0.registry.requests: 100 → 101'],
  });
});

it('is drift when the environment changed, and says how', async () => {
  const drift = await compared(figures(), figures({ kernel: '6.13', requests: 104 }), ['a', 'b']);
  expect(drift).toMatchObject({ verdict: 'drift', changes: ['kernel: 6.12 → 6.13'], deviations: [] });
});

it('is out of bounds when counts or times moved too far with it', async () => {
  const outside = await compared(figures(), figures({ kernel: '6.13', requests: 106, totalNs: 3.6e9 }), [
    'a',
    'b',
  ]);
  expect(outside).toMatchObject({
    verdict: 'out of bounds',
    deviations: [
      { what: 'full: registry requests', recorded: 100, found: 106 },
      { what: 'full: total time, ns', recorded: 3e9, found: 3.6e9 },
    ],
  });
});

it('is unchanged when the environment changed and no byte with it', async () => {
  expect(await compared(figures(), figures({ kernel: '6.13' }), ['a', 'a'])).toMatchObject({
    verdict: 'unchanged',
    changes: ['kernel: 6.12 → 6.13'],
  });
  expect(await compared(figures(), figures({ kernel: '6.13' }), ['a', 'b'])).toMatchObject({
    verdict: 'drift',
  });
});

/** What is recorded of a start on EROFS. */
async function onErofs(mkfs: string, readyNs: number): Promise<string> {
  const folder = await mkdtemp(join(dir, 'recording-'));
  const { net: _, ...environment } = figures().environment;
  const erofs = { mkfs: { version: mkfs, options: [] }, fsBytes: 4096, fsSha256: '0' };
  const summary: ErofsSummary = {
    schema: 'trio.golden-erofs/1',
    environment: { ...environment, modules: 'debian-13', erofs },
    starts: [{ name: 'erofs', runningNs: 1, readyNs }],
  };
  await writeFile(join(folder, 'erofs.json'), JSON.stringify(summary));
  return folder;
}

it('compares starts on EROFS: another mkfs.erofs is another environment', async () => {
  const golden = await onErofs('1.8.6', 100);
  const compared = async (fresh: string) => comparePart('erofs', golden, fresh, ['erofs.json']);
  expect(await compared(await onErofs('1.8.6', 100))).toMatchObject({ verdict: 'identical' });
  expect(await compared(await onErofs('1.8.6', 101))).toMatchObject({ verdict: 'different' });
  expect(await compared(await onErofs('1.9', 100))).toMatchObject({ verdict: 'unchanged' });
  expect(await compared(await onErofs('1.9', 110))).toMatchObject({
    verdict: 'drift',
    changes: ['erofs.mkfs.version: 1.8.6 → 1.9'],
  });
  expect(await compared(await onErofs('1.9', 120))).toMatchObject({
    verdict: 'out of bounds',
    deviations: [{ what: 'time to ready of the start "erofs", ns', recorded: 100, found: 120 }],
  });
});

it('takes as many samples as were recorded', async () => {
  const exact = figures();
  const metrics = Object.fromEntries(sampledMetrics.map((metric) => [metric, spread([1, 2, 3])]));
  const samples = { count: 3, seed: 'golden', metrics };
  const sampled = { ...exact, results: exact.results.map((result) => ({ ...result, samples })) };
  const of = async (content: unknown) => recordedSamples('lan10g', await recording(content, '', 1));
  expect([await of(exact), await of(sampled)]).toEqual([1, 3]);
  expect(await recordedSamples('traces', dir)).toBeUndefined();
  await expect(recordedSamples('wan100m', dir)).rejects.toThrow('record it with npm run golden:record');
});

it('wants both recordings', async () => {
  await expect(comparePart('lan10g', dir, dir, [])).rejects.toThrow('record it with npm run golden:record');
});
