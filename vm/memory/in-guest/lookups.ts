/**
 * Runs in the guest: which blocks of file systems are looked up in the page cache, by whom ever. The tracker sees how a
 * block comes in and goes; that it is found again only folio_mark_accessed sees, by a probe of the kernel's own tracing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../guest/process.ts';

const tracing = '/sys/kernel/tracing';
const event = `${tracing}/events/kprobes/trio_lookup`;
const bufferKb = 16 * 2 ** 10;
/** S_IFMT, S_IFBLK; the kernel's filter can ask for one bit. */
const [typeBits, blockDevice, oneBit] = [0o170000, 0o060000, 0o020000];

/**
 * Of struct folio: mapping and index; of its mapping the host, an inode; of that i_mode and i_ino. They are where they
 * are in both kernels; an anonymous folio has something else there, which the type bits tell.
 */
const probe =
  'p:trio_lookup folio_mark_accessed index=+0x20(%di):u64 mode=+0x0(+0x0(+0x18(%di))):u16 ino=+0x40(+0x0(+0x18(%di))):u64';

/** `trio.block-lookups/1` (trio/trace/block-lookups.ts) */
interface Lookups {
  readonly schema: 'trio.block-lookups/1';
  readonly atUs: number[];
  readonly device: number[];
  readonly page: number[];
}

/** From now on, by the clock of rio_tracker. */
export function watchLookups(): void {
  if (!existsSync(`${tracing}/trace`)) run('mount', '-t', 'tracefs', 'tracefs', tracing);
  writeFileSync(`${tracing}/trace_clock`, 'mono');
  writeFileSync(`${tracing}/buffer_size_kb`, String(bufferKb));
  if (!existsSync(event)) writeFileSync(`${tracing}/kprobe_events`, `${probe}\n`);
  writeFileSync(`${event}/filter`, `mode & ${oneBit}`);
  writeFileSync(`${tracing}/trace`, '');
  writeFileSync(`${event}/enable`, '1');
}

/** Until now. @throws Error when some were lost */
export function seenLookups(): Lookups {
  writeFileSync(`${event}/enable`, '0');
  const text = readFileSync(`${tracing}/trace`, 'utf8');
  const [, kept, written] = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(text) ?? [];
  if (kept === undefined || kept !== written)
    throw new Error(`of ${written} lookups of blocks, ${kept} are left`);
  const lookups: Lookups = { schema: 'trio.block-lookups/1', atUs: [], device: [], page: [] };
  const pattern = / (\d+)\.(\d{6}): trio_lookup: \(.*\) index=(\d+) mode=(\d+) ino=(\d+)$/gm;
  let lines = 0;
  for (const [, seconds, micros, index, mode, ino] of text.matchAll(pattern)) {
    lines++;
    if ((Number(mode) & typeBits) !== blockDevice) continue;
    // What is cut off is added: a lookup comes after the insertion that it found.
    lookups.atUs.push(Number(seconds) * 1e6 + Number(micros) + 1);
    lookups.device.push(Number(ino));
    lookups.page.push(Number(index));
  }
  if (lines !== Number(kept)) throw new Error(`of ${kept} lookups of blocks, ${lines} can be read`);
  return lookups;
}
