import type { Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { DadiDevice } from './dadi-device.ts';
import type { ImageFile } from './image.ts';
import type { RootFs } from './rootfs.ts';

/** ext4 on overlaybd's device: names, inodes and data are all blocks of it. */
export class DadiRootFs implements RootFs {
  readonly isCached = false;
  readonly largeFolios = false;
  readonly requestPagesMax: number;
  readonly #node: Node;
  readonly #device: DadiDevice;

  constructor(node: Node, device: DadiDevice) {
    this.#node = node;
    this.#device = device;
    this.requestPagesMax = node.parameters.get('dadi.requestPagesMax');
  }

  readAheadPages(): number {
    return Math.floor(this.#node.parameters.get('host.readAheadKiB') / 4);
  }

  /** All of its cost is in reading the blocks. */
  lookupNs(): number {
    return 0;
  }

  *lookup(path: string): Flow {
    for (const blocks of this.#device.layout.lookup(path)) yield* this.#device.readMetadata(blocks);
  }

  openNs(): number {
    return 0;
  }

  *read(file: ImageFile, firstPage: number, pages: number): Flow {
    yield* this.#device.read(this.#device.layout.data(file, firstPage, pages));
  }
}
