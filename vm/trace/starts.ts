import type { TracedStart } from '../guest/protocol.ts';

/** With fault-around, a fault hides up to 15 more touches; with this setting, none. */
const noFaultAround = 4096;

/** What the start touches, page by page. Its times are no measurement: faults are three times as many. */
export const touchStart: TracedStart = { name: 'touch', cold: true, faultAroundBytes: noFaultAround };

/** The kernel's own settings: which pages the page cache then holds. */
export const defaultStart: TracedStart = { name: 'default', cold: true };

/** The same, on the image as an EROFS file system (see erofs.ts). */
export const erofsStart: TracedStart = { name: 'erofs', cold: true };

/** Everything cached: the times between operations are the program's own. */
export const warmStart: TracedStart = { name: 'warm', cold: false };

/** No readahead: every page that comes into the page cache was really asked for, by the kernel's own account. */
export const demandStart: TracedStart = {
  name: 'demand',
  cold: true,
  faultAroundBytes: noFaultAround,
  readAheadKib: 0,
};

/** Other settings of the kernel: what a model that knows the `touch` start must predict, page by page. */
export const variantStarts: readonly TracedStart[] = [
  { name: 'readahead-16k', cold: true, readAheadKib: 16 },
  { name: 'readahead-64k', cold: true, readAheadKib: 64 },
  { name: 'readahead-512k', cold: true, readAheadKib: 512 },
  { name: 'fault-around-16k', cold: true, faultAroundBytes: 16384 },
];

/** The starts that golden traces are recorded with; the warm one must follow a cold one. */
export const recordedStarts: readonly TracedStart[] = [
  touchStart,
  defaultStart,
  warmStart,
  demandStart,
  ...variantStarts,
];
