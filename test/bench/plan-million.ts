/** Run by image.bench.ts as a process of its own, so that its memory is only this: prints time and memory as JSON. */
import { performance } from 'node:perf_hooks';
import { MergedView } from '../../trio/image/merged-view.ts';
import { planData } from '../../trio/image/plan.ts';
import { Recording } from '../../trio/image/recording.ts';
import { readStartTrace } from '../../trio/trace/read.ts';
import { directory, file, memoryRootfs } from '../unit/runtime-image/memory-rootfs.ts';

const [trace = '', files = ''] = process.argv.slice(2);
const root = directory();
for (let i = 0; i < Number(files); i++) {
  const folder = `d${i % 100}`;
  if (!root.children?.has(folder)) root.add(folder, directory());
  root.children?.get(folder)?.add(`f${i}`, file(100 * 4096));
}
const rootfs = memoryRootfs(root);
const beganMs = performance.now();
const beganCpu = process.cpuUsage();
const recording = new Recording(new MergedView(rootfs));
await readStartTrace(trace, recording);
const { pages, files: recorded } = planData(recording.files(), 'first-access');
const tookMs = performance.now() - beganMs;
const { user, system } = process.cpuUsage(beganCpu);
const cpuMs = (user + system) / 1e3;
const rssMbMax = process.resourceUsage().maxRSS / 1e3;
process.stdout.write(
  JSON.stringify({ accesses: recording.accesses, files: recorded.length, pages, tookMs, cpuMs, rssMbMax }),
);
