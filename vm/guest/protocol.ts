/**
 * What host and guest say to each other. Host → guest: one Scenario (fw_cfg, read after the resume). Guest → host:
 * one JSON message a line on the second serial port; the first one is the kernel's and the guest's own console.
 * Types only: the guest has no npm packages. The host validates every message (vm/qemu/messages.ts).
 */
import type { Readiness } from '../images/readiness.ts';

/** Link between client and registry, each direction alike. */
export interface Link {
  readonly rttNs: number;
  readonly rateBps: number;
  /** Packet loss, as a ratio from 0 to 1. */
  readonly lossRatio: number;
}

/** A seeded disturbance of the guest that should not matter, to see how much small things matter. */
export interface Perturbation {
  /** Idle time before the start: moves the phase of every periodic timer. */
  readonly delayNs: number;
  /** Sizes of files written to the root file system first: they move the layout of what follows. */
  readonly fileBytes: readonly number[];
  /** Memory held during the start: moves the page allocator. */
  readonly heldPages: number;
}

/** What the guest is to do after it was resumed. */
export type Scenario = StartScenario | TraceScenario | ScriptScenario;

/** One image under one system. */
interface ImageScenario {
  readonly system: string;
  /** Repository in the guest's registry; the tag is the system's. */
  readonly repository: string;
  /** What follows the image on `ctr run`'s command line: the command, without the image's entrypoint. */
  readonly args: readonly string[];
  readonly readiness: Readiness;
  readonly link: Link;
  readonly perturbation?: Perturbation;
  /** Virtual time after which the start is given up. */
  readonly limitNs: number;
}

/** One cold start, measured (and the warm one after it). */
export interface StartScenario extends ImageScenario {
  readonly kind: 'start';
}

/** Starts of one pulled image, one after the other, each under the I/O tracker, which the payload brings. */
export interface TraceScenario extends ImageScenario {
  readonly kind: 'trace';
  readonly starts: readonly TracedStart[];
}

/** One start under the I/O tracker. */
export interface TracedStart {
  /** The folder of its files in the output. */
  readonly name: string;
  /** Whether page cache, dentries and inodes are dropped first. */
  readonly cold: boolean;
  /** `fault_around_bytes` during the start; without it, the kernel's own. */
  readonly faultAroundBytes?: number;
  /** Readahead of all file systems during the start; without it, their own. */
  readonly readAheadKib?: number;
}

/** A shell script that the payload brings; for tests of kernel modules. */
export interface ScriptScenario {
  readonly kind: 'script';
  /** Its path in the payload. */
  readonly script: string;
  readonly limitNs: number;
}

/** Wire traffic of the cold start, seen from the client; packets are segments on the wire. */
export interface Traffic {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

/** What one scenario measured; times are virtual nanoseconds. */
export interface Measured {
  readonly deployNs: number;
  readonly runningNs: number;
  readonly readyNs: number;
  readonly warm: { readonly runningNs: number; readonly readyNs: number };
  readonly net: Traffic;
  readonly disk: { readonly writeBytes: number };
  readonly memory: { readonly pageCacheBytes: number; readonly daemonRssBytes: number };
}

/** Times of one traced start, on the clock of its trace (CLOCK_MONOTONIC). */
export interface Traced {
  readonly name: string;
  readonly startNs: number;
  readonly runningNs: number;
  readonly readyNs: number;
  /** Records that the tracker lost for want of room. */
  readonly drops: number;
}

/** One answered request of the registry; `atNs` counts from the start of the pull. */
export interface RegistryRequest {
  readonly atNs: number;
  readonly endNs: number;
  readonly method: string;
  readonly path: string;
  readonly range: string;
  readonly status: number;
  readonly bytes: number;
}

/** What a scenario gave, by its kind. */
export type GuestResult =
  | { readonly type: 'measured'; readonly measured: Measured }
  | { readonly type: 'traced'; readonly starts: readonly Traced[] }
  | { readonly type: 'script'; readonly status: number; readonly output: string };

export type Message =
  /** Where the guest is now; for the user. */
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'request'; readonly request: RegistryRequest }
  | GuestResult
  /** The scenario failed; `details` are the last lines of what may explain it. */
  | { readonly type: 'failed'; readonly reason: string; readonly details: readonly string[] }
  /** Always the last message of a guest that got to its end. */
  | { readonly type: 'end' };
