import { Process, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import { DadiDevice } from './dadi-device.ts';
import { dadiLayout } from './dadi-layout.ts';
import { dadiParameters as parameters } from './dadi-parameters.ts';
import { DadiRootFs } from './dadi-rootfs.ts';
import { recordedReads, replay } from './dadi-trace.ts';
import type { Image } from './image.ts';
import { prepareRemote, pullHead, pullNormally } from './lazy-pull.ts';
import type { Deployment, Recording, System } from './system.ts';

/** overlaybd: nothing of the layers comes with the pull; the device is made when the container is. */
export const dadi: System = {
  id: 'dadi',
  title: 'DADI (overlaybd)',
  parameters,
  *deploy(node: Node, image: Image): Flow<Deployment> {
    const client = node.client();
    yield* pullHead(node, client, image);
    yield* prepareRemote(node, image.plain.layers.length);
    client.closeIdle();
    return deployment(node, new DadiDevice(node, dadiLayout(image, image, node.parameters)), () => {});
  },
};

/** The same with a recording as one more layer, which is pulled normally. */
export const dadiTrace: System = {
  id: 'dadi-trace',
  title: 'DADI, replaying a trace',
  parameters,
  *deploy(node: Node, image: Image, recording: Recording): Flow<Deployment> {
    const layout = dadiLayout(image, image, node.parameters);
    const reads = recordedReads(layout, recording, node.parameters);
    const traceBytes = node.parameters.get('dadi.traceRecordBytes') * reads.length;
    const client = node.client();
    yield* pullHead(node, client, image);
    yield* prepareRemote(node, image.plain.layers.length);
    yield* pullNormally(node, client, `dadi-trace@${image.plain.digest}`, traceBytes, traceBytes);
    client.closeIdle();
    const device = new DadiDevice(node, layout);
    return deployment(node, device, () => void new Process(replay(node, device, reads)));
  },
};

function deployment(node: Node, device: DadiDevice, created: () => void): Deployment {
  return {
    rootFs: new DadiRootFs(node, device),
    mount: () => mount(node, device, created),
    run: () => node.host.doWork(node.parameters.get('run-cold.starts')),
  };
}

function* mount({ host, parameters: values }: Node, device: DadiDevice, created: () => void): Flow {
  yield* device.open();
  // Beside the mount, not before it.
  created();
  yield host.sleep(values.get('dadi.attachPollNs'));
  yield* device.readMetadata(device.layout.superblock);
}
