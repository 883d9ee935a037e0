import { expect, test } from 'vitest';
import { atNextTimer, withoutHostClock } from '../../../vm/qemu/saved-state.ts';

const i64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

const header = (name: string) => Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.alloc(8)]);

/** The parts of a saved state that hold the clock. The next timer is at 5000 ns. */
function state(options: { clockNs?: bigint; hostNs?: bigint; timerNs?: bigint } = {}): Buffer {
  const { clockNs = 1_234n, hostNs = 77n, timerNs = 5_000n } = options;
  return Buffer.concat([
    Buffer.from('QEVM\0\0\0\x03'),
    ...[header('timer'), i64(hostNs), i64(0n), i64(hostNs)],
    ...[Buffer.from('\x05\x0ctimer/icount\0\0\0\x01'), i64(clockNs - 234n), i64(234n)],
    ...[Buffer.of(0x7e), header('apic'), Buffer.alloc(173), i64(timerNs)],
    ...[Buffer.of(0x7e), header('hpet'), Buffer.alloc(16), i64((clockNs + 60n) / 10n), Buffer.alloc(30)],
    ...[Buffer.from('\x05\x0bhpet/offset\0\0\0\x01'), i64(60n)],
  ]);
}

test('whether QEMU skipped the idle time, not, or more than that, the state becomes the one with it skipped', () => {
  const skipped = state({ clockNs: 5_000n });
  expect(atNextTimer(state()).equals(skipped)).toBe(true);
  expect(atNextTimer(skipped).equals(skipped)).toBe(true);
  expect(atNextTimer(state({ clockNs: 5_321n })).equals(skipped)).toBe(true);
});

test("states differ by the virtual clock and by devices, not by the host's clock", () => {
  const same = (a: Buffer, b: Buffer) => withoutHostClock(a).equals(withoutHostClock(b));
  expect(same(state(), state({ hostNs: 78n }))).toBe(true);
  expect(same(state(), state({ clockNs: 1_235n }))).toBe(false);
  expect(same(state(), state({ timerNs: 5_001n }))).toBe(false);
});

test('a machine that waits for no timer is refused', () => {
  expect(() => atNextTimer(state({ timerNs: -1n }))).toThrow('no timer');
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['cut off', state().subarray(0, -4)],
  ['of two machines', Buffer.concat([state(), state()])],
])('a state that is %s is refused', (_, bytes) => {
  expect(() => atNextTimer(bytes)).toThrow('does not have one');
});
