import { TrioError } from '../../trio/errors.ts';

/*
 * Where QEMU's migration stream (big endian; names with their length before them) keeps a machine's clock:
 *
 * - section `timer`: name, instance (4), version (4), `cpu_ticks_offset` (8), unused (8), `cpu_clock_offset` (8), then
 *   its subsection `timer/icount`: name, version (4), `qemu_icount_bias` (8), `qemu_icount` (8). Virtual time is the
 *   sum of the last two; the offsets are of the host's clock and mean nothing with icount.
 * - section `apic`: name, instance, version, 173 bytes of registers, `timer_expiry` (8), -1 for none.
 * - section `hpet`: name, instance, version, configuration (8), interrupt status (8), counter (8); its subsection
 *   `hpet/offset`: name, version, offset (8) in ns. The counter is virtual time and offset in units of 10 ns.
 */
interface Offsets {
  readonly hostClocks: readonly number[];
  readonly bias: number;
  readonly instructions: number;
  readonly timerExpiry: number;
  readonly hpetCounter: number;
  readonly hpetOffset: number;
}

const hpetTickNs = 10n;

function offsetsIn(state: Buffer): Offsets {
  /** The position behind a name and `skip` more bytes. */
  const behind = (name: string, skip: number) => {
    const marker = Buffer.concat([Buffer.of(name.length), Buffer.from(name)]);
    const at = state.indexOf(marker);
    if (at < 0 || at + marker.length + skip + 8 > state.length || state.indexOf(marker, at + 1) >= 0)
      throw new TrioError('TEMPLATE_FAILED', `QEMU's saved state does not have one "${name}"`);
    return at + marker.length + skip;
  };
  const icount = behind('timer/icount', 4);
  const hostClocks = icount - 4 - 'timer/icount'.length - 2 - 24; // the subsection follows the section's fields
  return {
    hostClocks: [hostClocks, hostClocks + 16],
    bias: icount,
    instructions: icount + 8,
    timerExpiry: behind('apic', 8 + 173),
    hpetCounter: behind('hpet', 8 + 16),
    hpetOffset: behind('hpet/offset', 4),
  };
}

/**
 * The state of a paused machine with its clock at the CPU's next timer, where an idle machine's goes next.
 *
 * When a guest pauses itself, QEMU's main loop may take the stopped CPU for an idle one before it gets to the request
 * to stop (`icount_start_warp_timer` in accel/tcg/icount-common.c), and skips the time to the next timer, or past it
 * when the CPU's last instructions were not accounted for yet. What it does is up to the host's scheduler; every start
 * resumed from the state would show it. So the clock is set here to where it should be.
 *
 * @param state  of a machine with icount, one CPU and an HPET
 * @throws TrioError `TEMPLATE_FAILED` when this is no such state, `TIMER_GONE` when the CPU waits for no timer: QEMU may
 *   have run it after it skipped that time, before it stopped
 */
export function atNextTimer(state: Buffer): Buffer {
  const at = offsetsIn(state);
  const clockNs = state.readBigInt64BE(at.timerExpiry);
  if (clockNs < 0n) throw new TrioError('TIMER_GONE', 'the guest paused with no timer to wake it');
  const settled = Buffer.from(state);
  settled.writeBigInt64BE(clockNs - state.readBigInt64BE(at.instructions), at.bias);
  settled.writeBigInt64BE((clockNs + state.readBigInt64BE(at.hpetOffset)) / hpetTickNs, at.hpetCounter);
  return settled;
}

/** The state without what QEMU takes from the host's clock: equal machines have equal bytes. */
export function withoutHostClock(state: Buffer): Buffer {
  const copy = Buffer.from(state);
  for (const offset of offsetsIn(state).hostClocks) copy.fill(0, offset, offset + 8);
  return copy;
}
