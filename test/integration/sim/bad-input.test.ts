import { execa } from 'execa';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamWriter } from '../../support/trace-writer.ts';

const program = join(import.meta.dirname, '../../../sim/cli/sim.ts');
const golden = join(import.meta.dirname, '../../../golden/debian-13');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trio-bad-'));
  await mkdir(join(folder, 'empty'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command line in a folder that has to be empty behind it. */
async function refused(args: readonly string[]): Promise<string> {
  const cwd = join(folder, 'empty');
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], {
    cwd,
    reject: false,
  });
  expect({ exitCode, stdout, files: await readdir(cwd) }).toEqual({ exitCode: 2, stdout: '', files: [] });
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

describe('what is wrong with a command line', () => {
  it.each<[string, string]>([
    ['compare --set net.rtNs=5', 'no parameter "net.rtNs"; do you mean net.rttNs'],
    ['run --system full --set stargz.regionByte=5', 'do you mean stargz.regionBytes'],
    ['compare --set net.rttNs=5ms', 'the value a number'],
    ['compare --set host.speed=-1', 'host.speed is a number from 0.001 on (times the VM), not -1'],
    ['compare --set host.cores=1.5', 'host.cores is a whole number'],
    ['compare --set host.speed=NaN', 'the value a number'],
    ['compare --net rtt=5parsec,rate=1gbit', 'rtt needs a time with a unit'],
    ['compare --net rtt=5ms,rate=-1gbit', 'rate needs'],
    ['compare --net moon', 'network profile "moon"'],
    ['compare --cpu 0', 'write a whole number from 1 on'],
    ['compare --cpu abc', 'write a whole number from 1 on'],
    ['compare --cpu 5000', 'host.cores is a whole number from 1 to'],
    ['compare --cpu 4 --set host.cores=2', 'host.cores is set twice'],
    ['compare --set probe-http.upTo1sNs=1', 'probe-http.upTo1sNs is a number from 0 to 0.99'],
    ['compare --set registry.readBufferBytes=0', 'registry.readBufferBytes is a number from 512 on'],
    [
      'compare --systems crfs --set stargz.footerBytes=1e18',
      'stargz.footerBytes is a whole number from 1 to',
    ],
    ['compare --systems crfs --set lazy-pull.operations=1e17', 'takes longer than 104 days'],
    ['compare --systems full --set full.imageScale=1e12', 'takes longer than 104 days'],
    ['compare --memory lots', 'write a size'],
    ['compare --memory 0', 'write a size'],
    ['compare --workload redis --memory 2M', 'the container would be killed: of 2.0 MiB'],
    ['compare --workload pytorch --memory 64M', 'npm run golden:record'],
    ['compare --set container.memoryMiB=-1', 'container.memoryMiB is a number from 0 on'],
    ['compare --workload nginy', 'no recorded workload "nginy". Known: nginx'],
    ['compare --guest debian-11', 'no recorded guest "debian-11"'],
    ['compare --systems full,ful', 'there is no system "ful"'],
    ['compare --golden nowhere', 'is no folder that can be read'],
    ['validate --golden nowhere', 'is no folder that can be read'],
    ['pages --golden .', 'has no <guest>/<workload>/touch.trace.zst'],
    ['compare --profile slides --golden .', 'slides.json: ENOENT'],
    ['sweep --sweep host.cores=1,2 --workers 5000 --out rows.csv', 'write at most 1024'],
    [
      'sweep --workload redis --systems full --sweep container.memoryMiB=24,2 --out rows.csv',
      'full at container.memoryMiB=2: the container would be killed',
    ],
    ['sweep --sweep host.cores=1,2 --out rows.txt', 'ends in .csv or .ndjson'],
    ['sweep --sweep net.rtNs=1,2 --out rows.csv', 'do you mean net.rttNs'],
    ['sweep --sweep host.speed=-1,2 --out rows.csv', 'host.speed is a number from 0.001 on'],
    ['timeline --system ful --out trace.json', 'there is no system "ful"'],
    ['report --workload nginy --out page.html', 'no recorded workload "nginy"'],
    ['sensitivity --by ten', 'a ratio between 0 and 1'],
    ['validate --guest debian-11', 'no recorded guest "debian-11"'],
    ['compaer', 'too many arguments'],
    ['compare --fast', "unknown option '--fast'"],
  ])('sim %s', async (line, message) => {
    expect(await refused(line.split(' '))).toContain(message);
  });
});

describe('what is wrong with a trace', () => {
  const header = { kernel_release: '6.12.0-test' };

  /** Each thread forks the next. */
  const chain = () => {
    const writer = new StreamWriter(header);
    for (let tid = 1; tid < 1000; tid++)
      writer.add('FORK', { tgid: 1, tid, child_tgid: 1, child_tid: tid + 1 });
    return writer.bytes();
  };

  /** One thread forks all others, one after the other. */
  const million = () => {
    const fork = new StreamWriter(header).add('FORK', { tgid: 1, tid: 1, child_tgid: 1, child_tid: 2 });
    const all = Buffer.from(fork.bytes());
    const size = all.length - new StreamWriter(header).bytes().length;
    const forks = Buffer.alloc(1e6 * size);
    const first = all.subarray(all.length - size);
    // Number and time count up, and so does the child's tid, which is last.
    for (let i = 0; i < 1e6; i++) {
      first.copy(forks, i * size);
      forks.writeUInt32LE(i + 1, i * size + 4);
      forks.writeBigUInt64LE(BigInt(i + 1), i * size + 8);
      forks.writeUInt32LE(i + 2, (i + 1) * size - 4);
    }
    return Buffer.concat([all.subarray(0, all.length - size), forks]);
  };

  it.each<[string, () => Uint8Array, string]>([
    ['of another version', () => new StreamWriter({ ...header, version: 99 }).bytes(), 'version 99'],
    [
      'of another kernel',
      () => new StreamWriter({ kernel_release: '5.4.0-generic' }).bytes(),
      '5.4.0-generic',
    ],
    ['that is empty', () => new Uint8Array(0), 'touch.trace.zst'],
    ['that has no step', () => new StreamWriter(header).bytes(), 'no access to a file of the image'],
    ['that is text', () => Buffer.from('no trace at all'), 'touch.trace.zst'],
    ['of a million threads', million, 'more than 65535 threads'],
    ['of threads in a chain', chain, 'deep'],
  ])('%s', async (_, bytes, message) => {
    const own = join(folder, 'own/debian-13/spoilt');
    await mkdir(own, { recursive: true });
    await cp(join(golden, 'nginx/image.json.zst'), join(own, 'image.json.zst'));
    await writeFile(join(own, 'touch.trace.zst'), bytes());
    const args = ['compare', '--golden', join(folder, 'own'), '--workload', 'spoilt'];
    expect(await refused(args)).toContain(message);
    await rm(own, { recursive: true });
  });
});
