/**
 * Runs in the guest (vm/calibrate/run.ts brings it there): measures containerd's and the snapshotter's steps on the
 * synthetic images, and has `micro` measure the kernel's and Go's. Prints one sample a line, as `micro` does; times
 * are virtual nanoseconds. The argument is one of `parts`.
 */
import { registryAddress, registryRoot } from '../../guest/address.ts';
import { diskDevice } from '../../guest/disks.ts';
import { shapeLink } from '../../guest/network.ts';
import { run } from '../../guest/process.ts';
import { measureFull } from './full.ts';
import { measureLayers, measureLazyPulls } from './lazy.ts';
import { parts, type Part } from './parts.ts';
import { measureProbes } from './probe.ts';
import { measureRegistry } from './registry.ts';
import { measureRelease } from './release.ts';
import { imagesFile } from './samples.ts';

const micro = './micro';
/** Of the link in the part `far`: longer than any work that a client need not wait for. */
const farRttNs = 20e6;
const measure: Readonly<Record<Part, () => void | Promise<void>>> = {
  cpu: () => void process.stdout.write(run(micro, 'cpu')),
  disk: () => void process.stdout.write(run(micro, 'disk', '/var/lib/trio-calibrate')),
  registry: () => measureRegistry(micro),
  far: () =>
    void process.stdout.write(run(micro, 'far', `http://${registryAddress}`, imagesFile, String(farRttNs))),
  full: measureFull,
  lazy: measureLazyPulls,
  layers: () => measureLayers(micro),
  probe: measureProbes,
  release: measureRelease,
};

const part = parts.find((name) => name === process.argv[2]);
if (!part) throw new Error(`no part is called ${process.argv[2]}`);
run('mount', '-o', 'ro', diskDevice('registry'), registryRoot);
// The queue discipline's own work is part of every start; its delays are not a cost of the host.
shapeLink({ rttNs: part === 'far' ? farRttNs : 0, rateBps: 1e12, lossRatio: 0 });
run('chmod', '755', micro);
await measure[part]();
process.exit(0);
