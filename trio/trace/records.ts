/**
 * The layout of the rich trace's records: kernel/include/trio_trace.h in TypeScript, field by field with the header's
 * names. A test reads the header and holds both equal.
 */

export type FieldType = 'u16' | 'u32' | 's32' | 'u64' | 's64';

/** Where a field lies in its record. The type is part of the type, so that no field is read with the wrong width. */
export interface Field<T extends FieldType = FieldType> {
  readonly type: T;
  readonly offset: number;
}

const field =
  <T extends FieldType>(type: T) =>
  (offset: number): Field<T> => ({ type, offset });
const u16 = field('u16');
const u32 = field('u32');
const s32 = field('s32');
const u64 = field('u64');
const s64 = field('s64');

/** "TRIOTRV1", little-endian. */
export const traceMagic = 0x315652544f495254n;
export const traceVersion = 1;

/** enum trio_trace_type */
export const recordType = {
  HEADER: 1,
  MARK: 2,
  OPEN: 16,
  READ: 17,
  SPLICE: 18,
  FAULT: 19,
  MAP_PAGES: 20,
  ADVISE: 21,
  READ_PAGE: 22,
  WRITE: 23,
  LOOKUP: 32,
  STAT: 33,
  READLINK: 34,
  READDIR: 35,
  EXEC: 36,
  FORK: 48,
  EXIT: 49,
  SWITCH: 50,
  WAKE: 51,
  UNMAP: 64,
  COPY_MM: 65,
  INSERT: 80,
  DELETE: 81,
} as const;

export type RecordTypeName = keyof typeof recordType;

/** Bits of `flags` in OPEN and in the name records. */
export const traceFlag = { LARGE_FOLIOS: 1, PATH_TRUNCATED: 2, NO_PATH: 4 } as const;

/** In the `flags` of FAULT, enum fault_flag of the kernel: the repetition of a fault after its I/O. */
export const faultFlagTried = 0x20;

/** What every record begins with. */
export const record = {
  type: u16(0),
  size: u16(2),
  seq: u32(4),
  time_ns: u64(8),
  tgid: u32(16),
  tid: u32(20),
};
export const recordBytes = 24;

/** struct trio_trace_file, at its place in the records that have one: right behind struct trio_trace_record. */
export const file = {
  file: u64(24),
  ino: u64(32),
  inode_bytes: u64(40),
  ra_prev_pos: s64(48),
  ra_start: u64(56),
  ra_size: u32(64),
  ra_async_size: u32(68),
  ra_pages: u32(72),
  ra_mmap_miss: u32(76),
  dev: u32(80),
  f_mode: u32(84),
  io_pages: u32(88),
};

export const header = {
  magic: u64(24),
  version: u32(32),
  cpu: u32(36),
  page_bytes: u32(40),
  fault_around_bytes: u32(44),
  /** char[64], NUL-terminated. */
  kernel_release: { offset: 48, bytes: 64 },
};

export const mark = { text_bytes: u32(24), text: { offset: 32 } };

export const open = {
  ...file,
  bdi_ra_pages: u32(96),
  flags: u32(100),
  mode: u32(104),
  nlink: u32(108),
  fs_magic: u32(112),
  path_bytes: u16(118),
  path: { offset: 120 },
};

export const read = { ...file, pos: s64(96), count: u64(104), ki_flags: u32(112) };
export const splice = { ...file, pos: s64(96), count: u64(104), pipe_slots_free: u32(112) };

export const fault = {
  ...file,
  index: u64(96),
  mm: u64(104),
  address: u64(112),
  vm_start: u64(120),
  vm_end: u64(128),
  vm_pgoff: u64(136),
  vm_flags: u64(144),
  flags: u32(152),
};

export const mapPages = { ...file, first: u64(96), last: u64(104), mm: u64(112), address: u64(120) };
export const advise = { ...file, pos: s64(96), count: s64(104), advice: s32(112) };
export const readPage = { ino: u64(24), index: u64(32), dev: u32(40) };
export const write = { ...file, pos: s64(96), count: u64(104) };

/** LOOKUP, STAT, READLINK, READDIR, EXEC. */
export const name = {
  ino: u64(24),
  inode_bytes: u64(32),
  dev: u32(40),
  mode: u32(44),
  nlink: u32(48),
  flags: u32(52),
  path_bytes: u16(62),
  path: { offset: 64 },
};

export const fork = { child_tgid: u32(24), child_tid: u32(28) };
export const exit = {};
export const switchTo = { next_tid: u32(24), prev_state: u32(28) };
export const wake = { woken_tid: u32(24), in_interrupt: u32(28) };
export const unmap = { mm: u64(24), start: u64(32), end: u64(40) };
export const copyMm = {
  from_mm: u64(24),
  to_mm: u64(32),
  start: u64(40),
  end: u64(48),
  has_anon: u32(56),
};

/** INSERT, DELETE. */
export const page = { ino: u64(24), index: u64(32), dev: u32(40), order: u32(44) };

/** Per type, the size of its struct: no record of it is smaller, but for what a text or path adds it may be larger. */
export const minBytes: Readonly<Record<RecordTypeName, number>> = {
  HEADER: 112,
  MARK: 32,
  OPEN: 120,
  READ: 120,
  SPLICE: 120,
  FAULT: 160,
  MAP_PAGES: 128,
  ADVISE: 120,
  READ_PAGE: 48,
  WRITE: 112,
  LOOKUP: 64,
  STAT: 64,
  READLINK: 64,
  READDIR: 64,
  EXEC: 64,
  FORK: 32,
  EXIT: 24,
  SWITCH: 32,
  WAKE: 32,
  UNMAP: 48,
  COPY_MM: 64,
  INSERT: 48,
  DELETE: 48,
};

/** Per type, its fields behind struct trio_trace_record. */
export const fields = {
  HEADER: header,
  MARK: mark,
  OPEN: open,
  READ: read,
  SPLICE: splice,
  FAULT: fault,
  MAP_PAGES: mapPages,
  ADVISE: advise,
  READ_PAGE: readPage,
  WRITE: write,
  LOOKUP: name,
  STAT: name,
  READLINK: name,
  READDIR: name,
  EXEC: name,
  FORK: fork,
  EXIT: exit,
  SWITCH: switchTo,
  WAKE: wake,
  UNMAP: unmap,
  COPY_MM: copyMm,
  INSERT: page,
  DELETE: page,
} as const satisfies Readonly<Record<RecordTypeName, object>>;

/** The name of a type; undefined for one that is not known. */
export function typeName(type: number): RecordTypeName | undefined {
  return names[type];
}

const names: (RecordTypeName | undefined)[] = [];
for (const [key, type] of Object.entries(recordType)) names[type] = key as RecordTypeName;
