import type { Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import { pageBytes } from '../pagecache/page.ts';
import type { ImageFile } from './image.ts';
import type { NydusDaemon } from './nydus-daemon.ts';
import type { RootFs } from './rootfs.ts';

/** One mount for the whole image. */
abstract class NydusRootFs implements RootFs {
  readonly isCached = false;
  abstract readonly largeFolios: boolean;
  readonly requestPagesMax: number;
  protected readonly node: Node;
  protected readonly daemon: NydusDaemon;

  constructor(node: Node, daemon: NydusDaemon) {
    this.node = node;
    this.daemon = daemon;
    this.requestPagesMax = node.parameters.get('nydus.requestPagesMax');
  }

  readAheadPages(): number {
    return Math.floor(this.node.parameters.get('host.readAheadKiB') / 4);
  }

  abstract lookupNs(path: string): number;

  /** With FUSE too: nydusd has no OPEN. */
  openNs(): number {
    return 0;
  }

  abstract read(file: ImageFile, firstPage: number, pages: number): Flow;

  /** What FUSE took with a daemon in Go, for one in Rust. */
  protected fuse(name: string): number {
    return this.node.parameters.get(name) * this.node.parameters.get('nydus.fuseCost');
  }
}

/** Each name is asked for once: the kernel may keep it for ever. */
export class NydusFuse extends NydusRootFs {
  readonly largeFolios = false;

  lookupNs(): number {
    return this.fuse('fuse-lookup.lookups');
  }

  *read(file: ImageFile, firstPage: number, pages: number): Flow {
    const answerNs = this.fuse('fuse-read.reads') + this.fuse('fuse-read.pages') * pages;
    yield* this.daemon.read(file, firstPage * pageBytes, pages * pageBytes, answerNs);
  }
}

/** The kernel reads names and cache files itself, and calls the daemon only for what those do not have yet. */
export class NydusErofs extends NydusRootFs {
  readonly largeFolios = true;

  /** As for a block of ext4: the bootstrap is a file on the node. */
  lookupNs(): number {
    return this.#coldNs(1);
  }

  *read(file: ImageFile, firstPage: number, pages: number): Flow {
    const position = firstPage * pageBytes;
    const bytes = pages * pageBytes;
    // A call without data: what it brings goes into the cache file.
    if (!this.daemon.has(file, position, bytes))
      yield* this.daemon.read(file, position, bytes, this.fuse('fuse-read.reads'));
    yield this.node.host.work(this.#coldNs(pages));
  }

  #coldNs(pages: number): number {
    const { parameters } = this.node;
    return parameters.get('read-cold.reads') + parameters.get('read-cold.pages') * pages;
  }
}
