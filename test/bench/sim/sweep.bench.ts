import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { rowsInOrder } from '../../../sim/sweep/in-order.ts';
import type { SweepRequest } from '../../../sim/sweep/sweep.ts';
import { goldenFolder } from '../../support/golden-folder.ts';

const golden = goldenFolder();
const points = 1500;
/** The first ones warm up: the threads read the start, and their code is compiled. */
const warmUpPoints = 500;
const rounds = 3;
/** One of each kind. */
const systems = ['full', 'crfs', 'nydus', 'dadi', 'dadi-trace', 'trio'];
const bareRounds = 1e9;

interface Rate {
  readonly perSecond: number;
  /** Points for each second that processors worked: what other load on the machine does not change. */
  readonly perCpuSecond: number;
  /** Of the process, at the end over when it was warm. */
  readonly memoryGrowth: number;
}

async function rate(request: SweepRequest, workers: number): Promise<Rate> {
  let first = 0;
  let fromMs = 0;
  let from = process.cpuUsage();
  let warmBytes = 0;
  for await (const { to } of rowsInOrder(request, { from: 0, end: points, workers }))
    if (first === 0 && to >= warmUpPoints) {
      first = to;
      fromMs = performance.now();
      from = process.cpuUsage();
      warmBytes = process.memoryUsage.rss();
    }
  const memoryGrowth = process.memoryUsage.rss() / warmBytes;
  const { user, system } = process.cpuUsage(from);
  const [wallS, cpuS] = [(performance.now() - fromMs) / 1000, (user + system) / 1e6];
  return { perSecond: (points - first) / wallS, perCpuSecond: (points - first) / cpuS, memoryGrowth };
}

/** Rounds of plain computing a second, in threads that share nothing: what the machine has to give. */
async function bareRate(workers: number): Promise<number> {
  const program = `
    const { parentPort } = require('node:worker_threads');
    parentPort.on('message', (rounds) => {
      let x = 1;
      for (let i = 0; i < rounds; i++) x = Math.imul(x, 48271) ^ i;
      parentPort.postMessage(x);
    });`;
  const threads = Array.from({ length: workers }, () => new Worker(program, { eval: true }));
  const compute = async (thread: Worker, of: number) => {
    thread.postMessage(of);
    await once(thread, 'message');
  };
  await Promise.all(threads.map((thread) => compute(thread, 1)));
  const fromMs = performance.now();
  await Promise.all(threads.map((thread) => compute(thread, bareRounds)));
  const tookMs = performance.now() - fromMs;
  await Promise.all(threads.map((thread) => thread.terminate()));
  return (workers * bareRounds * 1000) / tookMs;
}

test('points of a sweep of nginx, with one thread and with two', { timeout: 300_000 }, async () => {
  const request: SweepRequest = {
    ...{
      golden: golden.path(),
      guest: 'debian-13',
      workload: 'nginx',
      net: 'lan10g',
      set: [],
      seed: 'bench',
    },
    ...{ axes: ['net.rttNs=log:1e5:1e8', 'net.rateBps=log:1e8:1e10'], sample: points, format: 'csv' },
    systems,
  };
  const one: Rate[] = [];
  const two: Rate[] = [];
  const bare: [number, number][] = [];
  // By turns, so that what else the machine does falls on all.
  for (let round = 0; round < rounds; round++) {
    one.push(await rate(request, 1));
    two.push(await rate(request, 2));
    bare.push([await bareRate(1), await bareRate(2)]);
  }
  const best = (rates: readonly Rate[]) => Math.max(...rates.map(({ perSecond }) => perSecond));
  const cpu = (rates: readonly Rate[]) => Math.max(...rates.map(({ perCpuSecond }) => perCpuSecond));
  const speedup = best(two) / best(one);
  const possible = Math.max(...bare.map(([, rate2]) => rate2)) / Math.max(...bare.map(([rate1]) => rate1));
  const efficiency = cpu(two) / cpu(one);
  const growth = Math.min(...two.map(({ memoryGrowth }) => memoryGrowth));
  console.log(
    `sweep of nginx, ${systems.length} systems a point: ${best(one).toFixed(0)} points/s with one thread, ` +
      `${best(two).toFixed(0)} with two (10 000 in ${(1e4 / best(two)).toFixed(0)} s): ${speedup.toFixed(2)} times ` +
      `(plain computing: ${possible.toFixed(2)} times); points a CPU second with two threads over one: ` +
      `${(100 * efficiency).toFixed(0)} %; memory behind ${points} points over that behind ${warmUpPoints}: ${growth.toFixed(2)}`,
  );
  expect(growth).toBeLessThan(1.1);
  // By processor time: a machine that does other things gives two threads less than twice the time of one.
  expect(efficiency).toBeGreaterThan(0.8);
});
