import { all, type Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { DadiDevice } from './dadi-device.ts';
import { blockBytes } from './dadi-layer.ts';
import type { Blocks, DadiLayout } from './dadi-layout.ts';
import { kept } from './kept.ts';
import type { Recording } from './system.ts';

/**
 * What overlaybd's recorder would have of a start, in the order of the reads: metadata of the paths that were looked
 * up, then the files' pages. (It also has what readahead read beyond; that lies mostly in the same pieces of the blob.)
 */
export const recordedReads = kept((layout: DadiLayout, recording: Recording, reads): readonly Blocks[] => {
  const most = reads('dadi.replayBytes') / blockBytes;
  const metadata = new Map<string, Blocks>();
  for (const path of recording.lookups)
    for (const blocks of layout.lookup(path)) metadata.set(`${blocks.layer} ${blocks.first}`, blocks);
  const all = [...metadata.values()];
  for (const { path, firstPage, pages } of recording.runs) {
    const file = layout.image.file(path);
    if (!file) continue;
    for (let done = 0; done < pages; done += most)
      all.push(layout.data(file, firstPage + done, Math.min(most, pages - done)));
  }
  return all;
});

/** Does the recorded reads again, in their order, so many at a time: what they read stays in the cache, compressed. */
export function* replay(node: Node, device: DadiDevice, reads: readonly Blocks[]): Flow {
  const waiting = reads.values();
  yield* all(
    Array.from({ length: node.parameters.get('dadi.replayTasks') }, () => replayEach(node, device, waiting)),
  );
}

/** One of the tasks that take what is next of the same reads. */
function* replayEach(node: Node, device: DadiDevice, reads: Iterable<Blocks>): Flow {
  for (const blocks of reads) {
    const workNs = device.blobReadNs(blocks);
    if (workNs === undefined) yield* device.readBlob(blocks);
    else yield node.host.work(workNs);
  }
}
