import type { Flow } from '../engine/process.ts';
import type { Node } from '../host/node.ts';
import type { ParameterDefinition } from '../parameters/parameter.ts';
import type { Image } from './image.ts';
import type { RootFs } from './rootfs.ts';

/** An image that is deployed. */
export interface Deployment {
  readonly rootFs: RootFs;
  /** Until the root file system can be read; none: it can be at once. */
  mount?(): Flow;
  /** From there to the execution of the entrypoint, beside what is read of the image. */
  run(): Flow;
}

/** What a system may know of the program that it is going to start: a recording of an earlier start. */
export interface Recording {
  /** Pages of the image's files that the start touches, in the order of first touch: runs of pages. */
  readonly runs: readonly { readonly path: string; readonly firstPage: number; readonly pages: number }[];
  /** Paths that the start looks up in the image, each once, whether there is something or not; parents too. */
  readonly lookups: readonly string[];
}

/** A way to start a container. */
export interface System {
  readonly id: string;
  readonly title: string;
  /** Its own, beside those of host and registry. */
  readonly parameters: readonly ParameterDefinition[];
  /** The pull: ends when its command does. */
  deploy(node: Node, image: Image, recording: Recording): Flow<Deployment>;
}

/** A system that another can be stacked on, as a snapshotter on a snapshotter. */
export interface LowerSystem extends System {
  /** @param prepare  called at the pull's first `Prepare`: when a snapshotter hears of the image */
  deploy(node: Node, image: Image, recording: Recording, prepare?: () => void): Flow<Deployment>;
}
