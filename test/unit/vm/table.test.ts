import { expect, it } from 'vitest';
import type { Figures, Result } from '../../../vm/e2e/figures.ts';
import { spread } from '../../../vm/e2e/samples.ts';
import { renderTable } from '../../../vm/e2e/table.ts';

function result(system: string, deployNs: number, readyNs: number, samples?: number[]): Result {
  const total = samples && spread(samples);
  return {
    workload: 'nginx',
    system,
    deployNs,
    runningNs: 1e9,
    readyNs,
    totalNs: deployNs + 1e9 + readyNs,
    warm: { runningNs: 2e8, readyNs: 5e7 },
    net: { profile: 'lan1g', rxBytes: 12_345_678, txBytes: 1, rxPackets: 4321, txPackets: 1 },
    registry: { requests: 7, bytes: 12_000_000 },
    neededBytes: 3_000_000,
    amplification: 4,
    disk: { writeBytes: 1_500_000 },
    memory: { pageCacheBytes: 2_000_000, daemonRssBytes: 3_000_000 },
    ...(total && {
      samples: {
        count: samples.length,
        seed: 's',
        metrics: { deployNs: total, runningNs: total, readyNs: total, totalNs: total, warmTotalNs: total },
      },
    }),
  };
}

function figures(...results: Result[]): Figures {
  return {
    schema: 'trio.e2e/1',
    environment: {
      guest: 'debian-13',
      kernel: '6.12',
      packageManifestSha256: '',
      guestDiskSha256: '',
      images: {},
      machine: { qemu: '10.0', cpu: 'max', icount: 'shift=0', ramBytes: 1 },
      net: { profile: 'lan1g', rttNs: 500_000, rateBps: 1e9, lossRatio: 0 },
    },
    results,
  };
}

it('shows phases as numbers and as a bar of the slowest total', () => {
  expect(renderTable(figures(result('full', 9e9, 2e9), result('crfs', 1e9, 4e9)))).toMatchInlineSnapshot(`
    "debian-13, kernel 6.12, network lan1g (1000 Mbit/s, RTT 0.5 ms); virtual time, QEMU 10.0
    ┌──────────┬────────┬──────────┬───────────┬─────────┬─────────┬──────────────────────────┬────────┬───────┬────────────┬──────────┬───────────┬────────────────┬─────────┬──────────┬────────────┐
    │ workload │ system │ Deploy s │ Running s │ Ready s │ Total s │                          │ warm s │ rx MB │ rx packets │ requests │ needed MB │ fetched/needed │ disk MB │ cache MB │ daemons MB │
    ├──────────┼────────┼──────────┼───────────┼─────────┼─────────┼──────────────────────────┼────────┼───────┼────────────┼──────────┼───────────┼────────────────┼─────────┼──────────┼────────────┤
    │ nginx    │ full   │    9.000 │     1.000 │   2.000 │  12.000 │ ██████████████████▓▓░░░░ │  0.250 │  12.3 │       4321 │        7 │       3.0 │          4.00× │     1.5 │      2.0 │        3.0 │
    │ nginx    │ crfs   │    1.000 │     1.000 │   4.000 │   6.000 │ ██▓▓░░░░░░░░             │  0.250 │  12.3 │       4321 │        7 │       3.0 │          4.00× │     1.5 │      2.0 │        3.0 │
    └──────────┴────────┴──────────┴───────────┴─────────┴─────────┴──────────────────────────┴────────┴───────┴────────────┴──────────┴───────────┴────────────────┴─────────┴──────────┴────────────┘
    bar: █ Deploy  ▓ Running  ░ Ready"
  `);
});

it('claims a difference only where the samples allow it', () => {
  const text = renderTable(
    figures(
      result('full', 9e9, 2e9, [12e9, 12.1e9, 11.9e9]),
      result('crfs', 1e9, 4e9, [6e9, 6.1e9, 5.9e9]),
      result('crfs-lazy', 1e9, 4e9, [6e9, 6.2e9, 5.8e9]),
    ),
  );
  expect(text.split('\n').filter((line) => line.startsWith('nginx:'))).toEqual([
    'nginx: crfs is 2.00 times as fast as full',
    'nginx: crfs-lazy is 2.00 times as fast as full',
    'nginx: no difference between crfs and crfs-lazy can be claimed (the intervals overlap)',
  ]);
});
